"""What a call may use to reach the client's FHIR server."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.chart.version import FhirVersion
from app.clients.address import canonical
from app.fhir.failure import FetchFailed, Kind


@dataclass(frozen=True, slots=True)
class Access:
    """A server on the operator's allow-list, and the client's token for it.

    The token lives as long as the call: it is never stored, and no `repr` shows it (protocol F1). `version` is what the
    operator configured.
    """

    server: str
    token: str | None = field(default=None, repr=False)
    scope: str | None = None
    version: FhirVersion | None = None


def barred(server: str) -> FetchFailed:
    """Why a server is not called that was sent and is not on the list; repeats nothing of its URL."""
    try:
        canonical(server)
    except ValueError:
        return FetchFailed(Kind.NO_BASE_URL, "fhirServer is no base URL")
    return FetchFailed(Kind.UNREGISTERED, "fhirServer is not registered for this client")
