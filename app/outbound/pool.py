"""A bounded pool of checked connections, which stays quick when a call sends all its queries at once."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Callable
from functools import partial
from time import monotonic

import httpcore
import httpx

from app.outbound.connect import CheckedBackend, Network
from app.outbound.policy import Policy

KEEP_ALIVE_SECONDS = 30.0
_LOOK_SECONDS = 1.0


class CheckedPool(httpcore.AsyncConnectionPool):
    """A bounded pool in which every connection knows its origin, and so what addresses it may have."""

    def __init__(self, policy: Policy, trusted: ssl.SSLContext, limits: httpx.Limits, network: Network) -> None:
        super().__init__(
            ssl_context=trusted,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
        )
        self._most = limits.max_connections or sys.maxsize
        self._policy = policy
        self._trusted = trusted
        self._network = network

    def create_connection(self, origin: httpcore.Origin) -> httpcore.AsyncConnectionInterface:
        """httpcore asks for one when no idle one has this origin."""
        url = httpx.URL(scheme=origin.scheme.decode(), host=origin.host.decode(), port=origin.port)
        spelling = self._policy.require(url)
        backend = CheckedBackend(self._network, partial(self._policy.require_addresses, spelling))
        return ReservedConnection(self._is_full, origin, self._trusted, backend)

    def _is_full(self) -> bool:
        return len(self.connections) >= self._most


class ReservedConnection(httpcore.AsyncHTTPConnection):
    """Is no longer offered from the moment that a request has it, and asks the kernel no more often than is of use.

    httpcore's own counts as idle until that request has passed two locks. Of ten sent at once all are given the same
    connection, nine find it taken, ask again, and are given the same once more: 55 rounds in place of ten. And in each
    of them the pool asks all idle connections whether the server has closed them.
    """

    def __init__(
        self,
        is_pool_full: Callable[[], bool],
        origin: httpcore.Origin,
        trusted: ssl.SSLContext,
        backend: httpcore.AsyncNetworkBackend,
    ) -> None:
        super().__init__(origin, ssl_context=trusted, keepalive_expiry=KEEP_ALIVE_SECONDS, network_backend=backend)
        self._is_pool_full = is_pool_full
        self._reserved = False
        self._look_at = 0.0

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Raises ConnectionNotAvailable when it cannot be had; the pool then looks for another."""
        if self._reserved:
            raise httpcore.ConnectionNotAvailable
        self._reserved = True
        try:
            await self._require_open()
            return await super().handle_async_request(request)
        finally:
            self._reserved = False  # what httpcore knows of its state is right from here on

    async def _require_open(self) -> None:
        if super().has_expired():
            await self.aclose()
            raise httpcore.ConnectionNotAvailable

    def has_expired(self) -> bool:
        """Whether the pool should close it: looked at once a second, for it is looked at again before it is used."""
        now = monotonic()
        if self._reserved or now < self._look_at:
            return False
        self._look_at = now + _LOOK_SECONDS
        return super().has_expired()

    def is_available(self) -> bool:
        """Whether another request can have it."""
        return not self._reserved and super().is_available()

    def is_idle(self) -> bool:
        """Whether it should be closed for another's sake; nobody needs its place before the pool is full."""
        return self._is_pool_full() and not self._reserved and super().is_idle()
