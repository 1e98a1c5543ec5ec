"""The HTTP client that everything goes out by."""

from __future__ import annotations

import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import httpx

from app.outbound.connect import Network
from app.outbound.policy import Policy
from app.outbound.pool import KEEP_ALIVE_SECONDS, CheckedPool
from app.outbound.proxy import ProxiedTransport

_TIMEOUTS = httpx.Timeout(5.0, connect=2.0)


def build_client(
    policy: Policy,
    *,
    ca_bundle: Path | None = None,
    proxy: str | None = None,
    connections: int = 100,
    network: Network | None = None,
) -> httpx.AsyncClient:
    """A client for servers that others name. The caller closes it.

    It follows no redirect, keeps no cookie, heeds no variable of the environment (proxies, certificates, netrc), trusts
    the certificates of `ca_bundle` in place of the usual ones, and waits rather than open more than `connections`. It
    raises httpx's errors, ForbiddenAddress among them.
    """
    trusted = _trusted(ca_bundle)
    limits = httpx.Limits(
        max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=KEEP_ALIVE_SECONDS
    )
    network = network or Network()
    transport: httpx.AsyncHTTPTransport
    if proxy is None:
        transport = CheckedTransport(policy, trusted, limits, network)
    else:
        transport = ProxiedTransport(policy, trusted, limits, network.resolve, proxy)
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    return httpx.AsyncClient(
        transport=transport, trust_env=False, follow_redirects=False, timeout=_TIMEOUTS, cookies=no_cookies
    )


def _trusted(ca_bundle: Path | None) -> ssl.SSLContext:
    if ca_bundle is None:
        return httpx.create_ssl_context(trust_env=False)
    return ssl.create_default_context(cafile=ca_bundle)


class CheckedTransport(httpx.AsyncHTTPTransport):
    """httpx's transport over a pool whose connections are checked."""

    def __init__(self, policy: Policy, trusted: ssl.SSLContext, limits: httpx.Limits, network: Network) -> None:
        super().__init__(verify=trusted, trust_env=False, limits=limits)
        # httpx has no argument for a pool of one's own. The tests fail loudly should it be renamed.
        self._pool = CheckedPool(policy, trusted, limits, network)
        self._policy = policy

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises ForbiddenAddress before anything is resolved, or before anything is sent."""
        self._policy.require(request.url)
        return await super().handle_async_request(request)
