"""What operators change reaches every worker."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app.errors import KnowledgeError, Problem
from app.store.database import Database
from app.store.switches import SharedState, Switch, follow, raise_generation, read_state, switch_off, switch_on
from tests.support.postgres import PostgresServer
from tests.support.store import LATER, NOW, Place


async def test_a_card_and_a_client_are_switched_off_and_on_again(database: Database) -> None:
    await switch_off(database, "card", "toy", at=NOW, by="operator")
    await switch_off(database, "client", "toy", at=LATER, by="operator")
    state = await read_state(database)
    assert state == SharedState(0, (Switch("card", "toy", NOW, "operator"), Switch("client", "toy", LATER, "operator")))
    assert state.off("card") == state.off("client") == {"toy"}
    assert await switch_on(database, "card", "toy")
    assert not await switch_on(database, "card", "toy")
    assert (await read_state(database)).off("card") == frozenset()
    assert (await read_state(database)).off("client") == {"toy"}


async def test_what_is_off_stays_off_since_the_first_time(database: Database) -> None:
    await switch_off(database, "card", "toy", at=NOW, by="first")
    await switch_off(database, "card", "toy", at=LATER, by="second")
    assert (await read_state(database)).switches == (Switch("card", "toy", NOW, "first"),)


async def test_no_raise_of_the_generation_is_lost(database: Database) -> None:
    assert await raise_generation(database) == 1
    assert sorted(await asyncio.gather(*(raise_generation(database) for _ in range(5)))) == [2, 3, 4, 5, 6]
    assert (await read_state(database)).generation == 6


async def test_a_worker_hears_of_each_change_once(database: Database, place: Place) -> None:
    heard: asyncio.Queue[SharedState] = asyncio.Queue()
    worker = place.open()
    following = asyncio.create_task(follow(worker, heard.put, interval=0.01))
    assert (await heard.get()).generation == 0
    await raise_generation(database)
    assert (await heard.get()).generation == 1
    await switch_off(database, "card", "toy", at=NOW, by="operator")
    assert (await heard.get()).off("card") == {"toy"}
    await asyncio.sleep(0.1)
    assert heard.empty()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await worker.close()


async def test_a_state_that_could_not_be_applied_is_tried_again(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    tries: asyncio.Queue[int] = asyncio.Queue()

    async def apply(_state: SharedState) -> None:
        await tries.put(1)
        if tries.qsize() < 3:
            raise ValueError("a file is half written")

    following = asyncio.create_task(follow(database, apply, interval=0.01))
    async with asyncio.timeout(10):
        while tries.qsize() < 3:  # noqa: ASYNC110 (what is waited for sets no event)
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    assert tries.qsize() == 3
    assert caplog.text.count("cannot be followed (ValueError)") == 1
    assert "half written" not in caplog.text
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_why_files_cannot_be_used_is_told(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    async def apply(_state: SharedState) -> None:
        raise KnowledgeError((Problem("causes/toy.yaml", 3, "a number was expected"),))

    following = asyncio.create_task(follow(database, apply, interval=0.01))
    async with asyncio.timeout(10):
        while not caplog.records:  # noqa: ASYNC110 (what is waited for sets no event)
            await asyncio.sleep(0.01)
    assert "cannot be followed (causes/toy.yaml:3: a number was expected); the last state holds" in caplog.text
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_the_last_state_holds_while_the_database_is_away(
    own_postgres: PostgresServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    heard: asyncio.Queue[SharedState] = asyncio.Queue()
    database = Place(own_postgres.url, tmp_path).open()
    await switch_off(database, "card", "toy", at=NOW, by="operator")
    following = asyncio.create_task(follow(database, heard.put, interval=0.01))
    assert (await heard.get()).off("card") == {"toy"}
    await asyncio.to_thread(own_postgres.stop)
    async with asyncio.timeout(20):
        while "the last state holds" not in caplog.text:  # noqa: ASYNC110 (what is waited for sets no event)
            await asyncio.sleep(0.01)
    assert heard.empty()
    await asyncio.to_thread(own_postgres.start)
    await switch_on(database, "card", "toy")
    assert (await asyncio.wait_for(heard.get(), 20)).off("card") == frozenset()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await database.close()
