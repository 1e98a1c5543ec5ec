"""Ways out that were replaced by a reload."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from app.clients.client import LONGEST_FETCH_BUDGET
from app.serving.outside import Outside

LONGEST_USE = LONGEST_FETCH_BUDGET + 30.0
"""In seconds: a call fetches for so long at most, and before that asks for keys and whether its token is new."""


class Replaced:
    """Closes each when no call can use it any more: `seconds` after it was replaced, or with the process."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ending = asyncio.Event()
        self._waiting: set[asyncio.Task[None]] = set()

    def add(self, outside: Outside) -> None:
        """Calls that began before still use it."""
        task = asyncio.create_task(self._close_in_time(outside))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _close_in_time(self, outside: Outside) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), self._seconds)
        await outside.close()

    async def close(self) -> None:
        """Close all that are left."""
        self._ending.set()
        await asyncio.gather(*self._waiting)
