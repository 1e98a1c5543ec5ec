"""The service without its network, in this process: from the bytes of a body to those of the answer."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import msgspec

from app.clients.client import DEVELOPMENT
from app.errors import RequestError
from app.hooks.call import answer
from app.main import create_app
from app.observability.call import CURRENT, CallRecord
from app.security.outcome import outcome_body
from tests.security.fuzz.judge import Wrong, judge
from tests.support.charts import NOW
from tests.support.serving import development

_SLOW_SECONDS = 0.5  # of CPU, for a call of usual size
_SLOW_SECONDS_A_MEGABYTE = 0.3
_MOST_BYTES = 10_000_000  # more is refused before anyone looks
_ENDLESS_SECONDS = 20.0


class Endless(Exception):
    """A call that was given up."""


@dataclass
class Core:
    """Answers call after call. Records of issued cards are not written: there is no database here."""

    folder: Path
    slowest: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        parts = create_app(development(self.folder), lambda: NOW).state.parts
        self._edge, self._state = parts.edge, parts.serving.state
        self._loop = asyncio.new_event_loop()

    def close(self) -> None:
        self._loop.close()

    def check(self, body: bytes) -> int:
        """The status of the answer; raises what the service raises, Wrong for a wrong answer, or Endless."""
        if len(body) > _MOST_BYTES:
            return 413
        with _given_up():
            started = time.process_time()
            status, said = self._loop.run_until_complete(self._answer(body))
            taken = time.process_time() - started
        self.slowest = max(self.slowest, taken)
        judge(status, said)
        if taken > _SLOW_SECONDS + _SLOW_SECONDS_A_MEGABYTE * len(body) / 1e6:
            raise Wrong(f"{taken:.1f} s for {len(body)} bytes")
        return status

    async def _answer(self, body: bytes) -> tuple[int, bytes]:
        CURRENT.set(CallRecord(started=datetime.now(UTC), correlation="fuzz"))
        try:
            return 200, msgspec.json.encode(await answer(body, DEVELOPMENT, self._edge, self._state))
        except RequestError as error:
            return error.status, outcome_body(error.code, str(error), error.where)


@contextmanager
def _given_up() -> Iterator[None]:
    """Raise Endless in what runs for too long, pure Python at least."""

    def give_up(number: int, frame: FrameType | None) -> None:
        raise Endless

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, _ENDLESS_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
