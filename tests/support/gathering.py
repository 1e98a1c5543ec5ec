"""A call that gathers a chart from a real server over a real socket."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from msgspec import Raw

from app.chart.version import FhirVersion
from app.fhir.access import Access
from app.fhir.fetcher import Fetcher
from app.fhir.gather import Gathered, gather
from app.fhir.limits import Limits
from app.fhir.query import QueryContext
from app.fhir.templates import TEMPLATES, filled_templates
from app.outbound.client import OutboundClient
from tests.support.charts import PATIENT_ID, knowledge
from tests.support.fhir_server import FhirServer

TOKEN = "secret-token"  # noqa: S105 (a token of no server)
CONTEXT = QueryContext(PATIENT_ID, "Practitioner/u1")
LONG_ENOUGH = 10.0
COMPLETE = {template.key: Raw(b"null") for template in TEMPLATES}
"""Everything was asked for, and nothing found."""


@dataclass(frozen=True)
class Caller:
    """Makes calls that share their connections, as those to one service do."""

    http: OutboundClient
    server: FhirServer

    def fetcher(self, **limits: Any) -> Fetcher:
        """A fetcher with a history of its own."""
        return Fetcher(self.http, filled_templates(knowledge().vocabulary), Limits(**{"backoff": 0.001, **limits}))

    async def call(self, budget: float = 5.0, fetcher: Fetcher | None = None, **sent: Any) -> Gathered:
        """Gather with all keys `null` but those named; `...` leaves a key out."""
        values = COMPLETE | {key: Raw(json.dumps(value).encode()) for key, value in sent.items() if value is not ...}
        values = {key: value for key, value in values.items() if sent.get(key) is not ...}
        access = Access(self.server.url, TOKEN, "user/*.read", FhirVersion.R4)
        return await self.gather(values, access, budget, fetcher)

    async def gather(
        self,
        prefetch: dict[str, Raw] | None,
        access: Access | None,
        budget: float = 5.0,
        fetcher: Fetcher | None = None,
    ) -> Gathered:
        """The same with the access as given. The call must end, and leave no task behind.

        What its fetcher owns may go on, a question for a release, and ends with a fetcher that is of this call alone.
        """
        before = asyncio.all_tasks()
        shared = fetcher or self.fetcher()
        gathered = await self.at_once(prefetch, access, shared, budget)
        if fetcher is None:
            await shared.versions.close()
        assert asyncio.all_tasks() - before <= learning(shared)
        return gathered

    async def at_once(
        self, prefetch: dict[str, Raw] | None, access: Access | None, fetcher: Fetcher, budget: float = 5.0
    ) -> Gathered:
        """The same beside other calls, which may have tasks of their own."""
        async with asyncio.timeout(LONG_ENOUGH):
            return await gather(prefetch, CONTEXT, access, fetcher, budget)


def learning(fetcher: Fetcher) -> set[asyncio.Task[Any]]:
    """The questions for releases that are under way."""
    return set(vars(fetcher.versions)["_asking"].values())


def said(gathered: Gathered, key: str = "labs") -> str:
    """Why the input is unavailable; it must be, and be the only one."""
    (found,) = gathered.chart.unavailable
    assert found.input == key
    return found.reason


def ids(gathered: Gathered) -> list[str | None]:
    """Those of the Observations."""
    return [one.id for one in gathered.chart.observations]
