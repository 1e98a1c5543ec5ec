"""The way out when the operator has named a proxy.

The proxy resolves names itself, so the address that it connects to cannot be pinned from here. What can be checked is:
the URL, an address in place of a name, and what the name means here, where it means anything. The rest is the proxy's
own rules, which is why a proxy is never taken from the environment.
"""

from __future__ import annotations

import asyncio
import ssl

import httpx

from app.outbound.addresses import read_address
from app.outbound.lookups import Resolve
from app.outbound.policy import Policy

_LOOKUP_SECONDS = 1.0


class ProxiedTransport(httpx.AsyncHTTPTransport):
    """httpx's transport by a proxy, for destinations that are not known to be forbidden."""

    def __init__(
        self, policy: Policy, trusted: ssl.SSLContext, limits: httpx.Limits, resolve: Resolve, proxy: str
    ) -> None:
        super().__init__(verify=trusted, trust_env=False, limits=limits, proxy=proxy)
        self._policy = policy
        self._resolve = resolve

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises ForbiddenAddress before the proxy hears of the request."""
        origin = self._policy.require(request.url)
        found = await self._found(request.url)
        if found:
            self._policy.require_addresses(origin, tuple(map(read_address, found)))
        return await super().handle_async_request(request)

    async def _found(self, url: httpx.URL) -> tuple[str, ...]:
        """No address where names outside are the proxy's to resolve."""
        try:
            async with asyncio.timeout(_LOOKUP_SECONDS):
                return tuple(await self._resolve(url.host, url.port or 0))
        except (OSError, UnicodeError, TimeoutError):
            return ()
