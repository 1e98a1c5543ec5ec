"""All that can be known of a registered client before its first call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from app.clients.client import Client, FhirServer
from app.errors import RequestError
from app.fhir.access import Access
from app.fhir.fetcher import Fetcher
from app.fhir.query import QueryContext, fill
from app.fhir.session import Session
from app.outbound.client import OutboundClient
from app.trial.ehr.capability import check_server
from app.trial.ehr.finding import Finding
from app.trial.ehr.keys import check_keys
from app.trial.ehr.queries import PART as QUERY
from app.trial.ehr.queries import check_query

_SECONDS = 30.0
"""For each exchange: the question here is how long it takes, not whether it takes too long."""

_ANYBODY = "check-ehr"
"""An id to fill the queries with where none is asked."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A patient to ask for, and a token that may. No `repr` shows either."""

    patient: str = field(repr=False)
    token: str = field(repr=False)
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Outset:
    """What is the same for all clients: the way out, the prefetch templates by key, and the seconds of a call."""

    http: OutboundClient
    templates: Mapping[str, str]
    budget: float
    trial: Trial | None = None


async def check_client(client: Client, outset: Outset) -> AsyncIterator[Finding]:
    """Keys, each FHIR server and, where there is a trial, each query, one after the other."""
    for finding in await check_keys(client, outset.http):
        yield finding
    if not client.fhir_servers:
        yield Finding("server", "none", "note", "no FHIR server is registered: what prefetch lacks stays missing")
    for server in client.fhir_servers:
        async for finding in _check(server, client, outset):
            yield finding


async def _check(server: FhirServer, client: Client, outset: Outset) -> AsyncIterator[Finding]:
    trial = outset.trial
    context = QueryContext(trial.patient if trial else _ANYBODY, f"Practitioner/{_ANYBODY}")
    try:
        queries = {key: fill(template, context) for key, template in outset.templates.items()}
        for finding in await check_server(_session(server, outset), server.version, queries):
            yield finding
        for key, query in queries.items() if trial else ():
            yield await check_query(_session(server, outset), key, query, client.fetch_budget or outset.budget)
    except RequestError as error:
        yield Finding(QUERY, server.url, "failed", str(error))
    if not trial:
        yield Finding(QUERY, server.url, "note", "not tried: a patient and a token are needed for that")


def _session(server: FhirServer, outset: Outset) -> Session:
    trial = outset.trial
    access = Access(server.url, trial.token if trial else None, trial.scope if trial else None, server.version)
    return Fetcher(outset.http, outset.templates).session(access, asyncio.get_running_loop().time() + _SECONDS)
