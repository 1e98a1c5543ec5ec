"""Small transactions beside the calls, each done in one go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.backend import WRITES

_THREADS = 2  # what reads need not wait for what writes

T = TypeVar("T")


class Errands(Protocol):
    """Where they are run."""

    async def run(self, work: Callable[[Connection], T], *, writes: bool) -> T:
        """The result of `work` in a transaction of its own."""

    async def close(self) -> None:
        """Wait for those under way, and close the connections."""


class InThreads:
    """For a driver that blocks: one step to a thread and back, where each statement would be several.

    Then neither the work nor who waits for its lock has to wait for a busy event loop between two statements.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(_THREADS, "store")

    async def run(self, work: Callable[[Connection], T], *, writes: bool) -> T:
        """As in Errands. Who is cancelled does not wait for the end, which is reached all the same."""
        engine = self._engine.execution_options(**{WRITES: writes})
        return await asyncio.get_running_loop().run_in_executor(self._threads, _transact, engine, work)

    async def close(self) -> None:
        """As in Errands."""
        await asyncio.to_thread(self._threads.shutdown)
        self._engine.dispose()


class OnLoop:
    """For a driver that waits in the event loop, over a pool that somebody else closes."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def run(self, work: Callable[[Connection], T], *, writes: bool) -> T:
        """As in Errands."""
        async with self._engine.execution_options(**{WRITES: writes}).begin() as connection:
            return await connection.run_sync(work)

    async def close(self) -> None:
        """As in Errands."""


def _transact(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.begin() as connection:
        return work(connection)
