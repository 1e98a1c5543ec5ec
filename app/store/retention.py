"""What is old goes, a little at a time, so that nobody waits for the lock."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, Table, delete, select

from app.store.database import Database
from app.store.tables import feedback, issued_cards, used_tokens

_TOGETHER = 1000
_CLOCKS_DIFFER = timedelta(hours=1)  # by less: a token must not be forgotten by one machine and accepted by another


async def delete_past(database: Database, now: datetime, keep: timedelta) -> int:
    """Delete the used tokens that expired, and the cards and feedback older than `keep`; how many rows there were."""
    tokens = await delete_expired_tokens(database, now)
    return tokens + await delete_old_cards(database, now - keep)


async def delete_old_cards(database: Database, before: datetime) -> int:
    """Delete the cards issued before then, and the feedback received before then; how many rows there were."""
    cards = await _delete(database, issued_cards, issued_cards.c.uuid, issued_cards.c.issued_at < before)
    return cards + await _delete(database, feedback, feedback.c.id, feedback.c.received_at < before)


async def delete_expired_tokens(database: Database, now: datetime) -> int:
    """Delete the used tokens that nobody accepts any more; how many there were."""
    second = int((now - _CLOCKS_DIFFER).timestamp())
    return await _delete(database, used_tokens, used_tokens.c.digest, used_tokens.c.expires < second)


async def _delete(database: Database, table: Table, key: Column[object], old: ColumnElement[bool]) -> int:
    some = select(key).where(old).limit(_TOGETHER).scalar_subquery()
    deleted = 0
    while True:
        async with database.write() as connection:
            rows = (await connection.execute(delete(table).where(key.in_(some)))).rowcount
        deleted += rows
        if rows < _TOGETHER:
            return deleted
