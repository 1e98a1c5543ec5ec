"""All registered clients, as one frozen value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from app.clients.address import host_of, is_loopback, origin_of
from app.clients.client import Client


@dataclass(frozen=True)
class Clients:
    """The registered clients by issuer. `content_hash` changes with every byte of their files."""

    issuers: Mapping[str, Client]
    content_hash: str = ""

    def __len__(self) -> int:
        return len(self.issuers)

    def __iter__(self) -> Iterator[Client]:
        return iter(self.issuers.values())

    def by_issuer(self, iss: str) -> Client | None:
        """The client whose tokens carry this `iss`."""
        return self.issuers.get(iss)

    @cached_property
    def origins(self) -> frozenset[str]:
        """Every web origin from which a browser may call."""
        return frozenset(origin for client in self for origin in client.cors_origins)

    @cached_property
    def private_origins(self) -> frozenset[str]:
        """The origins of servers that were registered as private; a loopback address is private by itself."""
        fhir = {server.url for client in self for server in client.fhir_servers if server.private}
        keys = {client.jku for client in self if client.jku and client.jku_private}
        loopback = {url for url in self._urls() if is_loopback(host_of(url))}
        return frozenset(origin_of(url) for url in fhir | keys | loopback)

    def _urls(self) -> Iterator[str]:
        for client in self:
            yield from (server.url for server in client.fhir_servers)
            if client.jku:
                yield client.jku


NO_CLIENTS = Clients({})
