"""One registered client: who it is, how it proves that, and what it may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from app.chart.version import FhirVersion
from app.clients.address import canonical, host_of, is_loopback
from app.clients.keys import DEFAULT_ALGORITHMS, KeySet

LONGEST_FETCH_BUDGET = 30
"""The most that `fetch_budget` may be, in seconds; also where it is set for all clients."""


@dataclass(frozen=True, slots=True)
class FhirServer:
    """A FHIR server that may be called. `url` is canonical; `private` says that its address may be a private one."""

    url: str
    version: FhirVersion | None = None
    private: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """An entry of the clients file. Exactly one of `jku` and `jwks` is set, save for the two clients below.

    `fetch_budget` is in seconds. `shadow`: its calls are evaluated and counted, and answered with no cards.
    `patient_users`: users who are patients or relatives see cards too (protocol C2).
    """

    iss: str
    jku: str | None = None
    jku_private: bool = False
    jwks: KeySet | None = None
    audiences: tuple[str, ...] = ()
    tenant: str | None = None
    fhir_servers: tuple[FhirServer, ...] = ()
    algorithms: tuple[str, ...] = DEFAULT_ALGORITHMS
    cors_origins: tuple[str, ...] = ()
    max_token_lifetime: timedelta = timedelta(hours=1)
    fetch_budget: float | None = None
    shadow: bool = False
    patient_users: bool = False
    any_loopback_server: bool = False

    def fhir_server(self, url: str) -> FhirServer | None:
        """The server that the URL means, whatever its spelling, if it was registered for this client (protocol F4)."""
        if not self.fhir_servers and not self.any_loopback_server:
            return None
        try:
            wanted, host = canonical(url), host_of(url)
        except ValueError:
            return None
        if self.any_loopback_server and is_loopback(host):
            return FhirServer(wanted, private=True)
        return next((server for server in self.fhir_servers if server.url == wanted), None)


# The names cannot be registered: an `iss` there has no blanks.
DEVELOPMENT = Client(iss="(development)", any_loopback_server=True)
UNAUTHENTICATED = Client(iss="(unauthenticated)")
