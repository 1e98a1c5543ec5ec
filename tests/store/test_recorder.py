"""Issued cards are recorded beside the way, and none is lost short of a sudden death."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select, text

from app.store.database import Database
from app.store.issued import save_issued
from app.store.recorder import INTERVAL_SECONDS, Recorder
from app.store.records import IssuedCard
from app.store.spool import Spool
from app.store.tables import issued_cards
from tests.store.processes import child, finish, line
from tests.support.postgres import PostgresServer
from tests.support.store import NOW, Place, issued


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


async def recorded(database: Database) -> set[str]:
    async with database.read() as connection:
        return {str(uuid) for uuid in await connection.scalars(select(issued_cards.c.uuid))}


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what must come to pass."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 (what is waited for sets no event)
            await asyncio.sleep(0.01)


@asynccontextmanager
async def recording(database: Database, spool: Spool, limit: int = 50_000) -> AsyncIterator[Recorder]:
    recorder = Recorder(database, spool, limit)
    recorder.start()
    try:
        yield recorder
    finally:
        await recorder.close(5)


async def test_a_recorded_card_is_in_the_database_before_long(database: Database, spool: Spool) -> None:
    card = issued(suggestions={"s1": "mri_spine", "s2": "emg"})
    async with recording(database, spool) as recorder:
        recorder.record([card])
        assert len(recorder) == 1
        await until(lambda: len(recorder) == 0)
        async with database.read() as connection:
            (row,) = await connection.execute(select(issued_cards))
    assert IssuedCard(**row._mapping) == card
    assert row.issued_at == NOW
    assert spool.files() == []


async def test_a_burst_is_recorded_to_the_last_card(database: Database, spool: Spool) -> None:
    cards = [issued() for _ in range(10_000)]
    async with recording(database, spool) as recorder:
        for start in range(0, 10_000, 5):
            recorder.record(cards[start : start + 5])
    assert await recorded(database) == {card.uuid for card in cards}
    assert recorder.lost == 0


async def test_cards_that_come_one_by_one_are_written_together(
    database: Database, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []

    async def count(to: Database, cards: Sequence[IssuedCard]) -> None:
        written.append(len(cards))
        await save_issued(to, cards)

    monkeypatch.setattr("app.store.recorder.save_issued", count)
    began = time.monotonic()
    async with recording(database, spool) as recorder:
        for _ in range(400):
            recorder.record([issued()])
            await asyncio.sleep(0.0025)
    assert sum(written) == len(await recorded(database)) == 400
    assert len(written) <= 1 + (time.monotonic() - began) / INTERVAL_SECONDS


async def test_a_card_that_is_recorded_twice_is_stored_once(database: Database) -> None:
    card = issued()
    await save_issued(database, [card, issued()])
    await save_issued(database, [card])
    assert len(await recorded(database)) == 2


async def test_what_does_not_fit_is_counted_and_logged(
    database: Database, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    cards = [issued() for _ in range(13)]
    async with recording(database, spool, limit=10) as recorder:
        recorder.record(cards[:8])
        recorder.record(cards[8:])
        recorder.record([issued()])
        assert (len(recorder), recorder.lost) == (10, 4)
    assert await recorded(database) == {card.uuid for card in cards[:10]}
    assert "the buffer is full: 4 issued cards are not recorded" in caplog.text


async def test_cards_wait_while_the_database_is_locked(
    database: Database, place: Place, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    other = place.open()
    async with recording(database, spool) as recorder:
        async with other.write(60) as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(text("LOCK TABLE issued_cards IN ACCESS EXCLUSIVE MODE"))
            recorder.record([issued(uuid="a")])
            await until(lambda: "cannot be written" in caplog.text)
            recorder.record([issued(uuid="b")])
            assert len(recorder) == 2
        await until(lambda: len(recorder) == 0)
    assert await recorded(database) == {"a", "b"}
    assert [record.levelno for record in caplog.records if record.name == "app.store.recorder"] == [
        logging.ERROR,
        logging.WARNING,
    ]
    await other.close()


async def test_what_cannot_be_written_at_the_end_is_written_at_the_next_start(
    own_postgres: PostgresServer, tmp_path: Path, spool: Spool
) -> None:
    database = Place(own_postgres.url, tmp_path).open()
    await database.prepare()
    await asyncio.to_thread(own_postgres.stop)
    cards = [issued(suggestions={"s": "emg"}) for _ in range(1200)]
    async with recording(database, spool) as recorder:
        recorder.record(cards)
    assert len(spool.files()) == 1
    assert recorder.lost == 0
    async with recording(database, spool):
        await asyncio.sleep(INTERVAL_SECONDS * 2)
    assert len(spool.files()) == 1
    await asyncio.to_thread(own_postgres.start)
    async with recording(database, spool):
        await until(lambda: not spool.files())
    assert await recorded(database) == {card.uuid for card in cards}
    await database.close()


async def test_a_spool_file_that_two_workers_find_is_stored_once(
    place: Place, database: Database, spool: Spool
) -> None:
    cards = [issued() for _ in range(1200)]
    await save_issued(database, cards[:700])  # as if a process had died between commit and removal
    spool.save(cards)
    other = place.open()
    async with recording(database, spool), recording(other, spool):
        await until(lambda: not spool.files())
    await other.close()
    assert await recorded(database) == {card.uuid for card in cards}


async def test_a_spool_file_that_cannot_be_read_is_set_aside(
    database: Database, spool: Spool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    good = issued()
    spool.save([good])
    bad = tmp_path / "spool" / "issued-cards-0.jsonl"
    bad.write_bytes(b'{"uuid": "torn')
    async with recording(database, spool):
        await until(lambda: not spool.files())
    assert await recorded(database) == {good.uuid}
    assert [path.name for path in (tmp_path / "spool").iterdir()] == ["issued-cards-0.unreadable"]
    assert "issued-cards-0.jsonl holds no issued cards" in caplog.text


async def test_a_database_that_stalls_does_not_hold_up_the_end(sqlite_place: Place, spool: Spool) -> None:
    database, other = sqlite_place.open(), sqlite_place.open()
    recorder = Recorder(database, spool)
    recorder.start()
    async with other.write(60):
        recorder.record([issued(uuid="a")])
        began = time.monotonic()
        await recorder.close(0.05)
        assert time.monotonic() - began < 5
    (file,) = spool.files()
    assert [card.uuid for card in spool.load(file)] == ["a"]
    await other.close()
    await database.close()


async def test_sigterm_loses_no_card(place: Place) -> None:
    database = place.open()
    await database.prepare()
    said = await asyncio.to_thread(record_until, place, signal.SIGTERM, 300)
    assert await recorded(database) == said
    await database.close()


async def test_kill_costs_the_last_second_of_cards_at_most(place: Place) -> None:
    database = place.open()
    await database.prepare()
    said = await asyncio.to_thread(record_until, place, signal.SIGKILL, 2000)
    found = await recorded(database)
    await database.close()
    assert found <= said
    assert found == {f"card-{number}" for number in range(len(found))}  # the rest is the end of it
    assert len(found) > 0
    assert INTERVAL_SECONDS < 1


async def test_kill_costs_no_acknowledged_feedback(place: Place) -> None:
    said = await asyncio.to_thread(acknowledge_until_killed, place)
    database = place.open()
    async with database.read() as connection:
        found = set(await connection.scalars(text("SELECT card FROM feedback")))
    await database.close()
    assert said <= found


def record_until(place: Place, end: signal.Signals, cards: int) -> set[str]:
    """The cards that a process said it recorded before the signal ended it."""
    with child("record", place) as process:
        said = {line(process) for _ in range(cards)}
        process.send_signal(end)
        if end is signal.SIGTERM:
            return said | set(finish(process))
        return said | {one for one in process.communicate()[0].split("\n") if one}


def acknowledge_until_killed(place: Place) -> set[str]:
    """The cards for which a process said that feedback was stored, killed at a moment it does not know."""
    with child("acknowledge", place) as process:
        said = {line(process) for _ in range(20)}
        killer = threading.Timer(0.1, process.kill)
        killer.start()
        rest = process.communicate()[0].split("\n")
        killer.join()
        return said | set(rest[:-1])


async def test_a_full_disk_is_unavailable_and_said(sqlite_place: Place) -> None:
    with child("fill_the_disk", sqlite_place) as process:
        stored, lost = await asyncio.to_thread(finish, process)
    number, status, reason = stored.split()
    assert status == "503"
    assert reason in ("SQLITE_FULL", "SQLITE_IOERR_WRITE")
    assert lost == "lost 1"
    database = sqlite_place.open()
    async with database.read() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM feedback")) == int(number) > 0
        assert await connection.scalar(text("PRAGMA integrity_check")) == "ok"
    await database.close()
    assert list((sqlite_place.data_dir / "spool").iterdir()) == []
