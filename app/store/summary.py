"""How often each card was shown, and what became of it, by version of the knowledge."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import Struct
from sqlalchemy import ColumnElement, Row, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.database import Database
from app.store.tables import feedback, issued_cards

UNKNOWN_SUGGESTION = "(unknown)"
"""Stands for a suggestion that the card did not have."""


class CardSummary(Struct, frozen=True):
    """One card under one version of the knowledge.

    `accepted` and `overridden` count cards, however often one was reported; a card can be both. `suggestions` counts
    cards by the order that was accepted, `reasons` by the code of the override reason, the most frequent first.
    """

    card: str
    knowledge: str
    shown: int
    accepted: int
    overridden: int
    suggestions: dict[str, int]
    reasons: dict[str, int]


class Summary(Struct, frozen=True):
    """All cards of a span of time; `unknown_…` count cards with feedback that were not issued here."""

    cards: tuple[CardSummary, ...]
    unknown_accepted: int
    unknown_overridden: int


class _Kind(NamedTuple):
    """What is counted together; the feedback for unknown cards has neither."""

    card: str | None
    knowledge: str | None


class _Tally:
    """What became of the cards of one kind. Sets of (card, what), so that nothing counts twice."""

    def __init__(self) -> None:
        self.outcomes: set[tuple[str, str]] = set()
        self.suggestions: set[tuple[str, str]] = set()
        self.reasons: set[tuple[str, str]] = set()

    def add(self, row: Row[*tuple[Any, ...]]) -> None:
        """Count an item of feedback, joined with its card."""
        self.outcomes.add((row.uuid, row.outcome))
        names = row.suggestions or {}
        self.suggestions.update((row.uuid, names.get(one, UNKNOWN_SUGGESTION)) for one in row.accepted)
        if row.reason_code:
            self.reasons.add((row.uuid, row.reason_code))


async def summarise(database: Database, since: datetime | None = None, until: datetime | None = None) -> Summary:
    """Cards issued from `since` and before `until`, with all their feedback; for unknown cards the time that the
    feedback was received counts. Raises StoreUnavailable."""
    async with database.read() as connection:
        shown = await _shown(connection, since, until)
        tallies = await _tallies(connection, since, until)
    unknown = _counts(tallies[_Kind(None, None)].outcomes)
    return Summary(
        cards=tuple(_summary(kind, times, tallies[kind]) for kind, times in sorted(shown.items())),
        unknown_accepted=unknown.get("accepted", 0),
        unknown_overridden=unknown.get("overridden", 0),
    )


async def _shown(connection: AsyncConnection, since: datetime | None, until: datetime | None) -> dict[_Kind, int]:
    kind = (issued_cards.c.card, issued_cards.c.knowledge)
    query = select(*kind, func.count()).where(_within(issued_cards.c.issued_at, since, until)).group_by(*kind)
    return {_Kind(card, knowledge): times for card, knowledge, times in await connection.execute(query)}


async def _tallies(
    connection: AsyncConnection, since: datetime | None, until: datetime | None
) -> defaultdict[_Kind, _Tally]:
    when = func.coalesce(issued_cards.c.issued_at, feedback.c.received_at)
    query = (
        select(
            feedback.c.card.label("uuid"),
            feedback.c.outcome,
            feedback.c.accepted,
            feedback.c.reason_code,
            issued_cards.c.card,
            issued_cards.c.knowledge,
            issued_cards.c.suggestions,
        )
        .outerjoin_from(feedback, issued_cards, feedback.c.card == issued_cards.c.uuid)
        .where(_within(when, since, until))
    )
    tallies: defaultdict[_Kind, _Tally] = defaultdict(_Tally)
    async for row in await connection.stream(query):
        tallies[_Kind(row.card, row.knowledge)].add(row)
    return tallies


def _within(when: ColumnElement[datetime], since: datetime | None, until: datetime | None) -> ColumnElement[bool]:
    from_then_on = true() if since is None else when >= since
    return from_then_on & (true() if until is None else when < until)


def _summary(kind: _Kind, shown: int, tally: _Tally) -> CardSummary:
    outcomes = _counts(tally.outcomes)
    return CardSummary(
        card=str(kind.card),
        knowledge=str(kind.knowledge),
        shown=shown,
        accepted=outcomes.get("accepted", 0),
        overridden=outcomes.get("overridden", 0),
        suggestions=_counts(tally.suggestions),
        reasons=_counts(tally.reasons),
    )


def _counts(marks: set[tuple[str, str]]) -> dict[str, int]:
    """Most frequent first, then by name."""
    counted = Counter(what for _card, what in marks)
    return dict(sorted(counted.items(), key=lambda one: (-one[1], one[0])))
