"""Names resolved once, their addresses checked, and the connection made to exactly these."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic

import httpcore

from app.outbound.addresses import Address, read_address
from app.outbound.lookups import Lookups, Resolve, resolve_by_system

Check = Callable[[tuple[Address, ...]], None]
"""Raises ForbiddenAddress."""

SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
_MOST_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Network:
    """How names are resolved and connections are made; tests give their own."""

    resolve: Resolve = resolve_by_system
    dial: httpcore.AsyncNetworkBackend = field(default_factory=httpcore.AnyIOBackend)

    def with_lookups_shared(self) -> Network:
        """The same, but a name is looked up once for all who ask at one time."""
        return replace(self, resolve=Lookups(self.resolve).resolve)


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to checked addresses only.

    The check and the connection use one answer of the resolver, so a name that changes its address in between
    (DNS rebinding) changes nothing. TLS and the Host header go on using the name.
    """

    def __init__(self, network: Network, check: Check) -> None:
        self._resolve = network.resolve
        self._dial = network.dial
        self._check = check

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's interface)
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Raises ForbiddenAddress, httpcore.ConnectError or httpcore.ConnectTimeout."""
        started = monotonic()
        addresses = await self._addresses(host, port, timeout)
        self._check(addresses)
        chosen = addresses[:_MOST_ATTEMPTS]
        left = None if timeout is None else max(0.001, timeout - (monotonic() - started)) / len(chosen)
        return await self._first(chosen, port, left, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        """What httpcore waits with between its retries."""
        await self._dial.sleep(seconds)

    async def _addresses(self, host: str, port: int, seconds: float | None) -> tuple[Address, ...]:
        try:
            async with asyncio.timeout(seconds):
                found = await self._resolve(host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("the name of the server was not resolved in time") from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("the name of the server could not be resolved") from error
        return tuple(dict.fromkeys(read_address(text) for text in found))

    async def _first(
        self,
        addresses: Sequence[Address],
        port: int,
        seconds: float | None,
        local_address: str | None,
        socket_options: Iterable[SocketOption] | None,
    ) -> httpcore.AsyncNetworkStream:
        """The first connection that can be made; a server with an address that is out of reach may have another."""
        *others, last = addresses
        for address in others:
            try:
                return await self._dial.connect_tcp(str(address), port, seconds, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._dial.connect_tcp(str(last), port, seconds, local_address, socket_options)
