"""Issued cards are recorded beside the way: an answer leaves them in a buffer, a task writes them to the database."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from itertools import islice

from sqlalchemy.exc import SQLAlchemyError

from app.store.database import Database
from app.store.errors import StoreUnavailable
from app.store.issued import save_issued
from app.store.records import IssuedCard
from app.store.spool import Spool

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 0.25
"""How often the buffer is written: what a sudden death may cost."""

LIMIT = 50_000
"""How many cards the buffer holds while the database is away."""

_TOGETHER = 500  # cards in a transaction: others wait for its lock
_SPOOL_SECONDS = 60.0  # between looks into the spool: a process that ended may have left something


class Recorder:
    """The buffer of one worker. `lost` counts the cards that found it full."""

    def __init__(self, database: Database, spool: Spool, limit: int = LIMIT) -> None:
        self.lost = 0
        self._database = database
        self._spool = spool
        self._limit = limit
        self._buffer: deque[IssuedCard] = deque()
        self._ending = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._reported_lost = 0
        self._away = False
        self._look_into_spool_at = 0.0

    def __len__(self) -> int:
        """How many cards wait."""
        return len(self._buffer)

    def record(self, cards: Sequence[IssuedCard]) -> None:
        """Remember the cards of an answer. Never waits, never fails."""
        room = self._limit - len(self._buffer)
        if len(cards) > room:
            self.lost += len(cards) - room
            cards = cards[:room]
        self._buffer.extend(cards)

    def start(self) -> None:
        """Begin to write, the spool included."""
        self._task = asyncio.create_task(self._run())

    async def close(self, seconds: float) -> None:
        """Write what waits; what could not be written after `seconds` goes to the spool."""
        self._ending.set()
        try:
            if self._task is not None:
                async with asyncio.timeout(seconds):
                    await self._task
        except TimeoutError:
            log.error("issued cards could not be written within %g s", seconds)
        finally:
            self._leave_rest_behind()

    async def _run(self) -> None:
        ending = False
        while not ending:
            ending = await self._rest()
            self._report_lost()
            await self._attempt()

    async def _rest(self) -> bool:
        """Whether it was cut short by the end."""
        try:
            async with asyncio.timeout(INTERVAL_SECONDS):
                return await self._ending.wait()
        except TimeoutError:
            return False

    async def _attempt(self) -> None:
        try:
            await self._write()
            await self._write_spool()
        except (StoreUnavailable, SQLAlchemyError, OSError) as error:
            self._report_away(error)
        else:
            self._report_back()

    async def _write(self) -> None:
        """All that waits now. A card leaves the buffer when it is written; one written twice is stored once.

        What comes meanwhile rests like the others: to go on while there is anything would be a commit for each few.
        """
        for _ in range(0, len(self._buffer), _TOGETHER):
            batch = list(islice(self._buffer, _TOGETHER))
            await save_issued(self._database, batch)
            for _ in batch:
                self._buffer.popleft()

    async def _write_spool(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._look_into_spool_at:
            return
        for path in self._spool.files():
            cards = await asyncio.to_thread(self._spool.load, path)
            for start in range(0, len(cards), _TOGETHER):
                await save_issued(self._database, cards[start : start + _TOGETHER])
            if cards:
                log.info("%d issued cards came from the spool", len(cards))
                self._spool.remove(path)
        self._look_into_spool_at = now + _SPOOL_SECONDS

    def _leave_rest_behind(self) -> None:
        if not self._buffer:
            return
        try:
            path = self._spool.save(tuple(self._buffer))
        except OSError as error:
            log.error("%d issued cards are lost: the spool cannot be written (%s)", len(self), type(error).__name__)
            self.lost += len(self._buffer)
        else:
            log.warning("%d issued cards wait in %s for the next start", len(self), path.name)
        self._buffer.clear()

    def _report_lost(self) -> None:
        if self.lost > self._reported_lost:
            log.error("the buffer is full: %d issued cards are not recorded", self.lost - self._reported_lost)
            self._reported_lost = self.lost

    def _report_away(self, error: Exception) -> None:
        if not self._away:
            reason = error.reason if isinstance(error, StoreUnavailable) else type(error).__name__
            log.error("issued cards cannot be written (%s); they wait", reason)
        self._away = True

    def _report_back(self) -> None:
        if self._away:
            log.warning("issued cards are written again")
        self._away = False
