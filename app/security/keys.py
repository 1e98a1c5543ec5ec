"""The public keys of clients, fetched from their key servers and kept (protocol S4)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from jwt import PyJWK

from app.clients.client import Client
from app.clients.keys import KeySet
from app.errors import Unavailable
from app.outbound.client import OutboundClient
from app.security.key_server import KeyServerFailure, fetch_keys

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Freshness:
    """In seconds: after how long keys are fetched again, how often at most, and how long they serve at most.

    The last is for a key server that stays away: a key that was withdrawn there must not be good forever here.
    """

    refresh_after: float = 600
    pause: float = 10
    serve_at_most: float = 86_400


@dataclass(slots=True)
class _Held:
    """What is known of one key server, for one list of algorithms."""

    jku: str
    algorithms: tuple[str, ...]
    keys: KeySet = KeySet({})  # noqa: RUF009 (frozen)
    fetched_at: float | None = None
    tried_at: float | None = None
    refresh: asyncio.Task[None] | None = None


class KeyCache:
    """Finds the key for a token. One instance serves all calls of a process; `close` it at the end."""

    def __init__(
        self,
        http: OutboundClient,
        freshness: Freshness = Freshness(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._freshness = freshness
        self._clock = clock
        self._held: dict[tuple[str, tuple[str, ...]], _Held] = {}

    def moved_to(self, http: OutboundClient) -> KeyCache:
        """A cache that fetches by another HTTP client, and starts with the keys that are held here.

        For a reload of the clients: it must not lose the keys of a key server that happens to be away.
        """
        cache = KeyCache(http, self._freshness, self._clock)
        cache._held = {name: replace(held, refresh=None) for name, held in self._held.items()}
        return cache

    async def find(self, client: Client, kid: str, algorithm: str) -> PyJWK | None:
        """The client's key of that name for that algorithm.

        Raises Unavailable when its key server was never reached, or not for too long.
        """
        if client.jwks is not None:
            return client.jwks.find(kid, algorithm)
        if client.jku is None:
            return None
        held = self._held.setdefault((client.jku, client.algorithms), _Held(client.jku, client.algorithms))
        return await self._find(held, kid, algorithm)

    async def _find(self, held: _Held, kid: str, algorithm: str) -> PyJWK | None:
        key = held.keys.find(kid, algorithm) if self._age(held) <= self._freshness.serve_at_most else None
        refresh = self._refresh_if_due(held, missed=key is None)
        if key is not None:
            return key
        if refresh is not None:
            # Shielded: others wait for the same fetch, and a caller that goes away must not end it.
            await asyncio.shield(refresh)
        if self._age(held) > self._freshness.serve_at_most:
            retry = str(max(1, round(self._freshness.pause)))
            raise Unavailable("the keys of this client cannot be had", headers={"Retry-After": retry})
        return held.keys.find(kid, algorithm)

    def _age(self, held: _Held) -> float:
        return float("inf") if held.fetched_at is None else self._clock() - held.fetched_at

    def _refresh_if_due(self, held: _Held, *, missed: bool) -> asyncio.Task[None] | None:
        """The fetch under way, or a new one when a key was missed or all are old, and the last is long enough ago."""
        if held.refresh is not None and not held.refresh.done():
            return held.refresh
        now = self._clock()
        is_pause = held.tried_at is not None and now - held.tried_at < self._freshness.pause
        if is_pause or not (missed or self._age(held) > self._freshness.refresh_after):
            return None
        held.tried_at = now
        held.refresh = asyncio.create_task(self._refresh(held))
        return held.refresh

    async def _refresh(self, held: _Held) -> None:
        """Fetch; after a failure the last good keys stay."""
        try:
            held.keys = await fetch_keys(self._http, held.jku, held.algorithms)
        except KeyServerFailure as error:
            log.warning("keys at %s were not refreshed: %s", held.jku, error)
            return
        held.fetched_at = self._clock()
        for problem in held.keys.refused:
            log.warning("keys at %s: %s", held.jku, problem)

    async def close(self) -> None:
        """End the fetches that are under way."""
        under_way = [held.refresh for held in self._held.values() if held.refresh is not None]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
