"""Findings on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Column, Table
from rich.text import Text

from app.trial.ehr.finding import Finding, Verdict

_STYLES: dict[Verdict, str] = {"ok": "green", "note": "yellow", "failed": "bold red"}


def findings_table(iss: str, findings: Iterable[Finding]) -> Table:
    """A row for each; what an EHR sent is shown as it is, and means nothing to the terminal."""
    columns = [Column(name, overflow="fold") for name in ("", "what", "", "")]
    table = Table(*columns, title=Text(iss), title_justify="left")
    for one in findings:
        verdict = Text(one.verdict, style=_STYLES[one.verdict])
        table.add_row(one.part, Text(_printable(one.what)), verdict, Text(_printable(one.told)))
    return table


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
