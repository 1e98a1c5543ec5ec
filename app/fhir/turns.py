"""Who may ask next, when more requests wait than may be under way at once."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.fhir.failure import FetchFailed, Kind


class Turns:
    """At most `most` at once, of all servers together; the next is for the server that has the fewest.

    So one that is slow, or asked a lot, may have all turns while nobody else wants any, and holds nobody up for longer
    than it takes to end one request.
    """

    def __init__(self, most: int) -> None:
        self._free = most
        self._taken: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def take(self, server: str, until: float) -> AsyncIterator[None]:
        """Wait for a turn, and hold it inside `async with`; raises FetchFailed when none comes `until` then."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(server, deque()).append(turn)
        self._hand_out()
        try:
            await _in_time(turn, until)
            yield
        finally:
            if turn.done() and not turn.cancelled():
                self._give_back(server)

    def _hand_out(self) -> None:
        while self._free and self._waiting:
            server = min(self._waiting, key=self._taken.__getitem__)
            turn = self._waiting[server].popleft()
            if not self._waiting[server]:
                del self._waiting[server]
            if not turn.cancelled():
                self._free -= 1
                self._taken[server] += 1
                turn.set_result(None)

    def _give_back(self, server: str) -> None:
        self._free += 1
        self._taken[server] -= 1
        if not self._taken[server]:
            del self._taken[server]
        self._hand_out()


async def _in_time(turn: asyncio.Future[None], until: float) -> None:
    try:
        async with asyncio.timeout_at(until):
            await turn
    except TimeoutError:
        raise FetchFailed(Kind.CROWDED, "too many requests to FHIR servers are waiting") from None
