"""What the tests run in processes of their own: `python -m tests.store.worker <deed> <url> <data dir> ...`."""

from __future__ import annotations

import asyncio
import resource
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from app.store.database import Database
from app.store.errors import StoreUnavailable
from app.store.feedback import save_feedback
from app.store.recorder import Recorder
from app.store.replay import Replay
from app.store.spool import Spool
from tests.support.store import LATER, ORIGIN, Place, accepted, issued

TOKENS = 200


def say(text: str) -> None:
    """A line for the test that started us."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def prepare(database: Database, _data_dir: Path) -> None:
    """Make the database usable, once the test says so, together with others."""
    say("ready")
    sys.stdin.readline()
    await database.prepare()
    say("alembic loaded" if "alembic" in sys.modules else "alembic not loaded")


async def use_tokens(database: Database, _data_dir: Path) -> None:
    """Use the same tokens as everybody else; say how often we were first."""
    replay = Replay(database)
    say("ready")
    sys.stdin.readline()
    firsts = await asyncio.gather(*(replay.first_use("issuer", f"jti-{n}", LATER) for n in range(TOKENS)))
    await replay.close()
    say(str(sum(firsts)))


async def record(database: Database, data_dir: Path) -> None:
    """Record cards, saying which, until SIGTERM."""
    recorder = Recorder(database, Spool(data_dir / "spool"))
    recorder.start()
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    number = 0
    while not ended.is_set():
        recorder.record([issued(uuid=f"card-{number}")])
        say(f"card-{number}")
        number += 1
        await asyncio.sleep(0.001)
    await recorder.close(5)


async def acknowledge(database: Database, _data_dir: Path) -> None:
    """Store feedback, saying which was stored, until killed."""
    number = 0
    while True:
        await save_feedback(database, [accepted(f"card-{number}", "s")], ORIGIN, keep_comments=False)
        say(f"card-{number}")
        number += 1


async def fill_the_disk(database: Database, data_dir: Path) -> None:
    """Store feedback on a disk that gets full, and what the spool does then."""
    await database.prepare()
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
    number = 0
    try:
        while True:
            await save_feedback(database, [accepted(f"card-{number}", "s" * 200)], ORIGIN, keep_comments=False)
            number += 1
    except StoreUnavailable as error:
        say(f"{number} {error.status} {error.reason}")
    recorder = Recorder(database, Spool(data_dir / "spool"))
    recorder.record([issued(suggestions={"s": "x" * 500_000})])
    await recorder.close(1)
    say(f"lost {recorder.lost}")


DEEDS: dict[str, Callable[[Database, Path], Awaitable[None]]] = {
    deed.__name__: deed for deed in (prepare, use_tokens, record, acknowledge, fill_the_disk)
}


async def main(deed: str, url: str, data_dir: Path) -> None:
    """Open, do, close."""
    database = Place(url or None, data_dir).open()
    try:
        await DEEDS[deed](database, data_dir)
    finally:
        await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
