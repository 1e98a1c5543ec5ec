"""What was stored is on the disk, and nobody's lock waits for that."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from app.store.address import FILE
from app.store.feedback import save_feedback
from app.store.issued import save_issued
from app.store.replay import Replay
from app.store.switches import read_state
from tests.support.store import LATER, ORIGIN, Place, accepted, issued


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that we had synced, in turn."""
    files: list[str] = []

    def fsync(descriptor: int) -> None:
        os.fdatasync(descriptor)
        files.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)

    monkeypatch.setattr(os, "fsync", fsync)
    return files


async def test_on_sqlite_what_was_stored_is_on_the_disk(sqlite_place: Place, synced: list[str]) -> None:
    database = sqlite_place.open()
    await database.prepare()
    feedback = save_feedback(database, [accepted("c")], ORIGIN, keep_comments=False)
    for store in (feedback, save_issued(database, [issued()])):
        synced.clear()
        await store
        assert synced == [f"{FILE}-wal"]
    await read_state(database)
    assert synced == [f"{FILE}-wal"]
    await database.close()


async def test_on_a_slow_disk_no_token_waits_for_what_others_store(
    sqlite_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = sqlite_place.open()
    await database.prepare()
    replay = Replay(database)
    asked, done = threading.Event(), threading.Event()

    def fsync(_: int) -> None:
        asked.set()
        done.wait(10)

    monkeypatch.setattr(os, "fsync", fsync)
    storing = asyncio.create_task(save_issued(database, [issued()]))
    assert await asyncio.to_thread(asked.wait, 10)
    assert await replay.first_use("issuer", "token", LATER)
    assert not storing.done()
    done.set()
    await storing
    await replay.close()
    await database.close()
