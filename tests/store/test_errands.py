"""What is done beside the calls is done while they leave hardly a moment for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import StatementError

from app.store.chains import Mark, advance_chain, open_chain
from app.store.database import Database
from app.store.issued import save_issued
from app.store.switches import read_state, switch_off
from app.store.tables import issued_cards
from tests.support.store import NOW, Place, issued

TURN_SECONDS = 0.2


@asynccontextmanager
async def busy_loop() -> AsyncIterator[None]:
    """Each turn of the event loop takes long."""

    async def hog() -> None:
        while True:
            time.sleep(TURN_SECONDS)  # noqa: ASYNC251 (to block is its purpose)
            await asyncio.sleep(0)

    task = asyncio.create_task(hog())
    try:
        yield
    finally:
        task.cancel()


async def test_each_step_of_a_busy_loop_is_enough_for_a_whole_transaction(sqlite_place: Place) -> None:
    database = sqlite_place.open()
    await database.prepare()
    async with busy_loop():
        began = time.monotonic()
        await save_issued(database, [issued() for _ in range(500)])
        await switch_off(database, "card", "toy", at=NOW, by="operator")
        await open_chain(database, "a", Mark(0, "h0"), process="host:1", at=NOW)
        await advance_chain(database, "a", Mark(1, "h1"))
        assert (await read_state(database)).off("card") == {"toy"}
        assert time.monotonic() - began < 5 * 4 * TURN_SECONDS
    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(issued_cards)) == 500
    await database.close()


async def test_an_errand_that_fails_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(StatementError, match="without zone"):
        await save_issued(
            database,
            [issued(uuid="a"), *[issued() for _ in range(200)], issued(uuid="z", issued_at=NOW.replace(tzinfo=None))],
        )
    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(issued_cards)) == 0


async def test_closing_waits_for_an_errand_under_way(sqlite_place: Place) -> None:
    database = sqlite_place.open()
    await database.prepare()
    errand = asyncio.create_task(save_issued(database, [issued(uuid="a")]))
    await asyncio.sleep(0)
    errand.cancel()
    await database.close()
    again = sqlite_place.open()
    async with again.read() as connection:
        assert await connection.scalar(select(issued_cards.c.uuid)) == "a"
    await again.close()
