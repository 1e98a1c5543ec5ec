"""A token is used once, whoever asks (protocol S5)."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.store.database import Database
from app.store.replay import Replay
from app.store.retention import delete_expired_tokens
from tests.store.processes import together
from tests.store.worker import TOKENS
from tests.support.store import LATER, NOW, Place


async def test_a_token_is_refused_the_second_time(database: Database) -> None:
    replay = Replay(database)
    assert await replay.first_use("issuer", "jti", LATER)
    assert not await replay.first_use("issuer", "jti", LATER)
    await replay.close()


async def test_two_issuers_may_use_the_same_jti(database: Database) -> None:
    replay = Replay(database)
    assert await replay.first_use("a", "jti", LATER)
    assert await replay.first_use("b", "jti", LATER)
    assert await replay.first_use("aj", "ti", LATER)
    await replay.close()


@pytest.mark.parametrize("jti", ["", "x" * 100_000, "a\x00b", "\ud800", "'; DROP TABLE used_tokens; --"])
async def test_any_text_will_do_as_jti(database: Database, jti: str) -> None:
    replay = Replay(database)
    assert await replay.first_use("issuer", jti, LATER)
    assert not await replay.first_use("issuer", jti, LATER)
    await replay.close()


async def test_of_many_calls_at_once_with_one_token_one_is_first(database: Database) -> None:
    replay = Replay(database)
    tokens = [f"jti-{n % 50}" for n in range(1500)]
    first = await asyncio.gather(*(replay.first_use("issuer", jti, LATER) for jti in tokens))
    assert [jti for jti, new in zip(tokens, first, strict=True) if new] == [f"jti-{n}" for n in range(50)]
    await replay.close()


async def test_of_several_processes_with_the_same_tokens_one_is_first_with_each(place: Place) -> None:
    database = place.open()
    await database.prepare()
    await database.close()
    said = await asyncio.to_thread(together, "use_tokens", place, 4)
    assert sum(int(count) for (count,) in said) == TOKENS


async def test_a_token_outlives_the_process(place: Place) -> None:
    for expected in (True, False):
        database = place.open()
        replay = Replay(database)
        assert await replay.first_use("issuer", "jti", LATER) is expected
        await replay.close()
        await database.close()


async def test_a_call_that_is_cancelled_harms_no_other(database: Database) -> None:
    replay = Replay(database)
    calls = [asyncio.create_task(replay.first_use("issuer", f"jti-{n}", LATER)) for n in range(3)]
    await asyncio.sleep(0)
    calls[1].cancel()
    first, cancelled, third = await asyncio.gather(*calls, return_exceptions=True)
    assert (first, third) == (True, True)
    assert isinstance(cancelled, asyncio.CancelledError)
    await replay.close()


async def test_closing_answers_those_who_wait(database: Database) -> None:
    replay = Replay(database)
    call = asyncio.create_task(replay.first_use("issuer", "jti", LATER))
    await asyncio.sleep(0)
    await replay.close()
    assert await call


async def test_neither_issuer_nor_jti_is_stored(database: Database, place: Place) -> None:
    marker = os.urandom(8).hex()
    replay = Replay(database)
    await replay.first_use(f"issuer-{marker}", f"jti-{marker}", LATER)
    await replay.close()
    async with database.read() as connection:
        (row,) = await connection.execute(text("SELECT * FROM used_tokens"))
    assert marker.encode() not in bytes(row.digest)
    assert len(row) == 2
    assert all(marker.encode() not in file.read_bytes() for file in place.data_dir.glob("*"))


async def test_expired_tokens_go_and_others_stay(database: Database) -> None:
    replay = Replay(database)
    for n in range(1200):
        replay_expired = replay.first_use("issuer", f"old-{n}", NOW - timedelta(hours=2))
        assert await replay_expired
    await replay.first_use("issuer", "just expired", NOW - timedelta(minutes=5))
    await replay.first_use("issuer", "valid", LATER)
    assert await delete_expired_tokens(database, NOW) == 1200
    assert not await replay.first_use("issuer", "just expired", LATER)
    assert not await replay.first_use("issuer", "valid", LATER)
    await replay.close()
