"""Where requests may go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx

from app.clients.address import host_of, origin_of
from app.outbound.addresses import Address, is_loopback, is_private, is_public, read_address
from app.outbound.errors import ForbiddenAddress


@dataclass(frozen=True, slots=True)
class Policy:
    """Public addresses by https, and what is allowed beyond that.

    `private_origins` (as `origin_of` spells them) may have private addresses and speak http: the operator registered
    them so. With `loopback`, any address of this machine may be called, by http too: development mode.
    """

    private_origins: frozenset[str] = frozenset()
    loopback: bool = False

    def require(self, url: httpx.URL) -> str:
        """The origin of a URL; raises ForbiddenAddress for one that is wrong whatever its name resolves to."""
        if url.userinfo:
            raise ForbiddenAddress("a URL with a user name in it is not called")
        try:
            origin = origin_of(str(url).partition("#")[0])
        except ValueError as error:
            raise ForbiddenAddress("an http or https URL was expected") from error
        if url.scheme != "https" and origin not in self.private_origins and not self.loopback:
            raise ForbiddenAddress("https was expected")
        return origin

    def require_addresses(self, origin: str, addresses: tuple[Address, ...]) -> None:
        """Raise ForbiddenAddress unless every address that the name of an origin stands for may be called.

        One that may not is enough: a name with a public and a private address is an attack more often than a server.
        """
        permits = self._permits(origin)
        if not addresses or not all(permits(address) for address in addresses):
            raise ForbiddenAddress("the server has an address that may not be called")

    def _permits(self, origin: str) -> Callable[[Address], bool]:
        private = origin in self.private_origins
        public = private or origin.startswith("https://")
        literal = _literal(origin) if private else None
        return lambda address: (
            (public and is_public(address))
            or (private and (is_private(address) or address == literal))
            or (self.loopback and is_loopback(address))
        )


def _literal(origin: str) -> Address | None:
    """The address that an origin is written with: whoever registers a link-local address by itself means it."""
    try:
        return read_address(host_of(origin))
    except ValueError:
        return None
