"""Issued cards in the database."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import Connection

from app.store.database import Database
from app.store.insert import insert_new
from app.store.records import IssuedCard
from app.store.tables import issued_cards

_AT_A_TIME = 100  # preparing more rows would hold up the calls in flight for longer than a millisecond or two


async def save_issued(database: Database, cards: Sequence[IssuedCard]) -> None:
    """Store the cards that are not there yet; raises StoreUnavailable, and has stored none then, or does so late."""

    def insert(connection: Connection) -> None:
        rows = [structs.asdict(card) for card in sorted(cards, key=lambda card: card.uuid)]
        for start in range(0, len(rows), _AT_A_TIME):
            insert_new(connection, issued_cards, rows[start : start + _AT_A_TIME])

    await database.errand(insert)
