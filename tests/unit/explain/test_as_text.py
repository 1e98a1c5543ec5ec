"""An explanation can be read on a narrow terminal, and when it is piped: nothing is cut, little is in the way."""

from __future__ import annotations

from io import StringIO

from rich.console import Console
from typer.testing import CliRunner

from app.cli import app
from app.explain.as_text import explain_as_text
from tests.support.cards import knowing, toy, words
from tests.support.charts import CARDS, RXNORM, Json, chart_of, concept, evaluated, foot_drop, knowledge, prescription

NAME = "eNrAPA8LHQ86o675FJnvIX3-eNrAPA8LHQ86o675FJnvIX3"
LONG = "hydrochlorothiazide"
FACTS_COLUMNS = 4
LOW = {"lab": "potassium", "below": {"mmol/L": 3.5}, "within": "7 days", "evidence": "toys"}
SUMMARY = "A long summary that no title of a panel has room for on a terminal of eighty columns: consider all of it."
FIRED = toy("fired", signal={"weakness": ["specific"]}, card={"info": words(SUMMARY)})
HANGING = toy("hanging", signal=LOW)
QUIET = toy("quiet", signal={"finding": ["diabetes"]})
ELSEWHERE = toy("elsewhere", applies_to={"weakness": "non-specific-weakness"})


def explained(*resources: Json, every_card: bool = False) -> str:
    evaluation = evaluated(chart_of([foot_drop(NAME), *resources]), knowing(FIRED, HANGING, QUIET, ELSEWHERE))
    written = StringIO()
    explain_as_text(evaluation, knowledge().vocabulary, Console(file=written, width=80), every_card=every_card)
    return written.getvalue()


def test_nothing_is_cut_on_eighty_columns() -> None:
    text = explained()
    assert "…" not in text
    cells = [line.split("│") for line in text.splitlines() if line.count("│") > FACTS_COLUMNS]
    assert f"Condition/{NAME}" in "".join(one[FACTS_COLUMNS].strip() for one in cells)


def test_a_summary_stands_whole_in_the_body_of_its_card() -> None:
    body = [line.strip("│ ") for line in explained().splitlines() if line.startswith("│")]
    assert SUMMARY in " ".join(body)


def test_a_long_word_in_the_table_of_a_card_is_not_cut() -> None:
    drug = prescription("drug", concept(LONG, (RXNORM, "5487")))
    card = toy("drug", signal={"medication": ["thiazide-diuretic"]})
    written = StringIO()
    evaluation = evaluated(chart_of([foot_drop(), drug]), knowing(card))
    explain_as_text(evaluation, knowledge().vocabulary, Console(file=written, width=60))
    assert evaluation.response.cards
    assert "…" not in written.getvalue()


def test_a_card_that_neither_fired_nor_hangs_on_anything_is_only_named() -> None:
    text = explained()
    assert "Not met, or not applicable (--all shows why): quiet, elsewhere" in text
    assert "by sign: Foot drop" in text
    assert "hangs on sign" in text
    assert "not met: sign" not in text


def test_every_card_is_shown_with_its_signals_when_that_is_asked_for() -> None:
    text = explained(every_card=True)
    assert "--all" not in text
    assert "not met: sign" in text
    assert "not applicable" in text


def test_the_command_asks_for_every_card_with_all() -> None:
    request = str(CARDS.parent / "fixtures" / "patients" / "cauda-equina-undated" / "request.json")
    short, full = (CliRunner().invoke(app, ["explain", request, *more]).output for more in ([], ["--all"]))
    assert "--all shows why" in short
    assert "--all shows why" not in full
    assert len(full) > len(short)


def test_a_card_that_is_not_shown_is_called_by_its_status() -> None:
    known = knowing(toy("seen"), toy("idea", status="draft"), toy("shade", status="shadow"))
    out = StringIO()
    evaluation = evaluated(chart_of([foot_drop()]), known, "Encounter/e1")
    explain_as_text(evaluation, known.vocabulary, Console(file=out, width=200))
    lines = [line.strip() for line in out.getvalue().splitlines() if "not shown" in line]
    assert lines == ["draft, not shown: idea: info", "shadow, not shown: shade: info"]
