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


@dataclass(frozen=True, slots=True)
class Barred:
    """A server that was sent, and is not on the list of those that may be called for this client."""

    server: str = field(repr=False)

    def why(self) -> FetchFailed:
        """Repeats nothing of the URL. Asked only when something is missing: most calls send all that is needed."""
        try:
            canonical(self.server)
        except ValueError:
            return FetchFailed(Kind.NO_BASE_URL, "fhirServer is no base URL")
        return FetchFailed(Kind.UNREGISTERED, "fhirServer is not registered for this client")
