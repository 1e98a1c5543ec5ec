"""The audit chains of all processes: what `legwork audit verify` compares the files with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, delete, func, literal, select, update

from app.store.database import Database
from app.store.insert import insert_new
from app.store.tables import audit_chains


class Mark(Struct, frozen=True):
    """A record of a chain: its place, from 0, and its hash."""

    index: int
    hash: str


class Chain(Struct, frozen=True):
    """One chain. Its last record is that of the latest `advance_chain`; it is final when `closed_at` is set."""

    chain: str
    process: str
    opened_at: datetime
    first: Mark
    last: Mark
    closed_at: datetime | None = None


class UnknownChain(LookupError):
    """A chain was advanced that was never opened, is closed, or came further already: a bug."""


async def open_chain(database: Database, chain: str, first: Mark, *, process: str, at: datetime) -> None:
    """Register a chain by its first record; raises StoreUnavailable."""
    row = {"chain": chain, "process": process, "opened_at": at, **_columns("first", first), **_columns("last", first)}
    await database.errand(lambda connection: insert_new(connection, audit_chains, [row]))


async def advance_chain(database: Database, chain: str, last: Mark) -> None:
    """Register how far an open chain has come; raises StoreUnavailable, UnknownChain."""
    await _update(database, chain, last)


async def close_chain(database: Database, chain: str, last: Mark, *, at: datetime) -> None:
    """Register the last record of a chain; raises StoreUnavailable, UnknownChain."""
    await _update(database, chain, last, at)


async def forget_chain(database: Database, chain: str, opened_before: datetime) -> None:
    """Delete a chain that was opened before then; raises StoreUnavailable."""
    statement = delete(audit_chains).where(audit_chains.c.chain == chain, audit_chains.c.opened_at < opened_before)
    await database.errand(lambda connection: connection.execute(statement))


async def list_chains(database: Database) -> tuple[Chain, ...]:
    """All chains, oldest first; raises StoreUnavailable."""
    query = select(audit_chains).order_by(audit_chains.c.opened_at, audit_chains.c.chain)
    async with database.read() as connection:
        return tuple(_chain(row) for row in await connection.execute(query))


async def _update(database: Database, chain: str, last: Mark, closed_at: datetime | None = None) -> None:
    """Can be repeated, by who does not know whether it was done. A chain never gets shorter, nor open again."""
    there = audit_chains.c
    same_or_open = there.closed_at.is_(None) | ((there.last_index == last.index) & (there.last_hash == last.hash))
    statement = (
        update(audit_chains)
        .where(there.chain == chain, there.last_index <= last.index, same_or_open)
        .values(
            **_columns("last", last), closed_at=func.coalesce(there.closed_at, literal(closed_at, there.closed_at.type))
        )
    )
    if not await database.errand(lambda connection: connection.execute(statement).rowcount):
        raise UnknownChain(chain)


def _columns(name: str, mark: Mark) -> dict[str, Any]:
    return {f"{name}_index": mark.index, f"{name}_hash": mark.hash}


def _chain(row: Row[*tuple[Any, ...]]) -> Chain:
    first, last = Mark(row.first_index, row.first_hash), Mark(row.last_index, row.last_hash)
    return Chain(row.chain, row.process, row.opened_at, first, last, row.closed_at)
