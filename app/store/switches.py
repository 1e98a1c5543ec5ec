"""What operators change while the service runs: cards and clients switched off, and the generation of the files."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal

from msgspec import Struct
from sqlalchemy import Connection, delete, select, update

from app.errors import LegworkError
from app.store.database import CALL_SECONDS, Database
from app.store.errors import StoreUnavailable
from app.store.insert import insert_new
from app.store.tables import generation, switches

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0

SwitchKind = Literal["card", "client"]


class Switch(Struct, frozen=True):
    """A card or a client that is switched off."""

    kind: SwitchKind
    name: str
    off_since: datetime
    switched_by: str


class SharedState(Struct, frozen=True):
    """What every worker must know within two seconds; knowledge and clients are read anew when `generation` changes."""

    generation: int
    switches: tuple[Switch, ...]

    def off(self, kind: SwitchKind) -> frozenset[str]:
        """The names of what is switched off."""
        return frozenset(one.name for one in self.switches if one.kind == kind)


async def switch_off(database: Database, kind: SwitchKind, name: str, *, at: datetime, by: str) -> None:
    """Switch off; what is off already stays so since the first time."""
    row = {"kind": kind, "name": name, "off_since": at, "switched_by": by}
    await database.errand(lambda connection: insert_new(connection, switches, [row]), seconds=CALL_SECONDS)


async def switch_on(database: Database, kind: SwitchKind, name: str) -> bool:
    """Switch on again; whether it was off."""
    async with database.write() as connection:
        result = await connection.execute(delete(switches).where(switches.c.kind == kind, switches.c.name == name))
        return result.rowcount > 0


async def raise_generation(database: Database) -> int:
    """Have every worker on every machine read knowledge and clients anew; returns the new generation."""
    async with database.write() as connection:
        await connection.execute(update(generation).values(value=generation.c.value + 1))
        return int(await connection.scalar(select(generation.c.value)) or 0)


async def read_state(database: Database) -> SharedState:
    """The state as it is now."""
    return await database.errand(_state, writes=False, seconds=CALL_SECONDS)


def _state(connection: Connection) -> SharedState:
    number = connection.scalar(select(generation.c.value))
    rows = connection.execute(select(switches).order_by(switches.c.kind, switches.c.name))
    return SharedState(int(number or 0), tuple(Switch(*row) for row in rows))


async def follow(
    database: Database, apply: Callable[[SharedState], Awaitable[None]], interval: float = POLL_SECONDS
) -> None:
    """Call `apply` with the state now and whenever it changes, until cancelled.

    While the database is away the last state holds. A state that could not be applied is tried again.
    """
    applied: SharedState | None = None
    failing = False
    while True:
        try:
            state = await read_state(database)
            if state != applied:
                await apply(state)
                applied = state
            failing = False
        except Exception as error:  # noqa: BLE001 (an off-switch must work after whatever failed once)
            if not failing:
                log.error("switches and generation cannot be followed (%s); the last state holds", _reason(error))
            failing = True
        await asyncio.sleep(interval)


def _reason(error: Exception) -> str:
    """Nothing but what was written to be read: other messages may hold anything."""
    if isinstance(error, StoreUnavailable):
        return error.reason
    return str(error) if isinstance(error, LegworkError) else type(error).__name__
