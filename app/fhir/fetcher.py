"""What all calls share to reach FHIR servers: connections, queries, limits, and which release a server speaks."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from app.fhir.access import Access
from app.fhir.limits import Limits
from app.fhir.query import Query, QueryContext, fill
from app.fhir.session import Session
from app.fhir.templates import Template
from app.fhir.turns import Turns
from app.fhir.versions import Versions
from app.outbound.client import OutboundClient

# Whatever the root logger is set to: at DEBUG, httpcore logs URLs, which name the patient, and headers.
logging.getLogger("httpcore").setLevel(logging.WARNING)


class Fetcher:
    """Wraps a client that somebody else opens and closes, with its bounded pool of connections.

    `queries` are the prefetch templates by key.
    """

    def __init__(
        self,
        http: OutboundClient,
        queries: Mapping[str, str],
        limits: Limits | None = None,
        versions: Versions | None = None,
    ) -> None:
        self.versions = versions or Versions()
        self._http = http
        self._queries = queries
        self._limits = limits or Limits()
        self._turns = Turns(self._limits.at_once)

    def session(self, access: Access, deadline: float) -> Session:
        """One call's use of one server; raises MalformedRequest when its URL or the token cannot be used."""
        return Session(self._http, access, self._limits, self._turns, deadline)

    def query(self, template: Template, context: QueryContext) -> Query:
        """What a template asks in this context."""
        return fill(self._queries[template.key], context)
