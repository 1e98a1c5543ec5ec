"""The way out to the servers of clients: FHIR servers and key servers, and no others."""

from __future__ import annotations

from dataclasses import dataclass

from app.clients.registry import Clients
from app.outbound.client import OutboundClient, build_client
from app.outbound.policy import Policy
from app.security.keys import KeyCache
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Outside:
    """Belongs to one state of the registered clients, since these say where requests may go."""

    http: OutboundClient
    keys: KeyCache

    async def close(self) -> None:
        """Close all connections."""
        await self.keys.close()
        await self.http.aclose()


def open_outside(settings: Settings, clients: Clients, before: Outside | None = None) -> Outside:
    """No connection is made before the first request. Keys that were held `before` stay."""
    http = build_client(
        Policy(clients.private_origins, loopback=settings.is_development),
        ca_bundle=settings.ca_bundle,
        proxy=settings.proxy.get_secret_value() if settings.proxy else None,
    )
    return Outside(http, before.keys.moved_to(http) if before else KeyCache(http))
