"""Feedback as CSV, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable
from typing import Any

from sqlalchemy import Row, select

from app.store.database import Database
from app.store.summary import UNKNOWN_SUGGESTION, Summary
from app.store.tables import feedback, issued_cards

_SUMMARY = ("card", "knowledge", "shown", "accepted", "overridden", "suggestions", "reasons")
_ITEM = (
    "received_at",
    "outcome_at",
    "service",
    "client",
    "uuid",
    "card",
    "knowledge",
    "indicator",
    "outcome",
    "accepted",
    "reason_code",
    "reason_system",
)
_PAGE = 1000
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def summary_csv(summary: Summary) -> str:
    """A line for each card and version; the feedback for unknown cards comes last, without either."""
    rows = [
        (one.card, one.knowledge, one.shown, one.accepted, one.overridden, _list(one.suggestions), _list(one.reasons))
        for one in summary.cards
    ]
    unknown = ("", "", "", summary.unknown_accepted, summary.unknown_overridden, "", "")
    return _lines([_SUMMARY, *rows, unknown])


async def feedback_csv(database: Database, *, comments: bool) -> AsyncIterator[str]:
    """A line for each item of feedback, oldest first, in pages; free text only when asked for.

    No connection is held between pages, however slowly they are read. Raises StoreUnavailable; who answers a call with
    this takes the first page before it says 200.
    """
    heading: list[Iterable[object]] = [(*_ITEM, "comment") if comments else _ITEM]
    rows = await _page(database, 0)
    yield _lines([*heading, *(_item(row, comments=comments) for row in rows)])
    while rows:
        rows = await _page(database, rows[-1].id)
        yield _lines(_item(row, comments=comments) for row in rows)


async def _page(database: Database, after: int) -> list[Row[*tuple[Any, ...]]]:
    query = (
        select(
            feedback,
            issued_cards.c.card.label("card_id"),
            issued_cards.c.knowledge,
            issued_cards.c.indicator,
            issued_cards.c.suggestions,
        )
        .outerjoin_from(feedback, issued_cards, feedback.c.card == issued_cards.c.uuid)
        .where(feedback.c.id > after)
        .order_by(feedback.c.id)
        .limit(_PAGE)
    )
    async with database.read() as connection:
        return list(await connection.execute(query))


def _item(row: Row[*tuple[Any, ...]], *, comments: bool) -> Iterable[object]:
    names = row.suggestions or {}
    yield from (row.received_at.isoformat(), row.outcome_at.isoformat(), row.service, row.client, row.card)
    yield from (row.card_id, row.knowledge, row.indicator, row.outcome)
    yield "; ".join(names.get(one, UNKNOWN_SUGGESTION) for one in row.accepted)
    yield from (row.reason_code, row.reason_system)
    if comments:
        yield row.comment


def _list(counts: dict[str, int]) -> str:
    return "; ".join(f"{name}: {times}" for name, times in counts.items())


def _lines(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def _harmless(cell: object) -> object:
    """Clients write some of the cells: none of them may be a formula to a spreadsheet."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
