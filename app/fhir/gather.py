"""A chart gathered: prefetch first, then what it lacks from the client's FHIR server, within one time budget."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.chart.chart import Chart
from app.chart.version import FhirVersion
from app.fhir.access import Access, Barred
from app.fhir.fetcher import Fetcher
from app.fhir.input import Input
from app.fhir.mend import mend, unmended
from app.fhir.prefetch import Inputs, Prefetch, chart_of, read_inputs
from app.fhir.query import QueryContext
from app.fhir.session import Session
from app.fhir.versions import Learned

Source = Literal["prefetch", "fetched", "unavailable"]


@dataclass(frozen=True, slots=True)
class Gathered:
    """The chart; where each input came from (`unavailable`: nothing of it came); what went wrong while fetching.

    `version` is the release to write in: configured, learned from the server, or else R4.
    """

    chart: Chart
    sources: Mapping[str, Source]
    fetch_errors: tuple[str, ...] = ()
    version: FhirVersion = FhirVersion.R4


async def gather(
    prefetch: Prefetch | None,
    context: QueryContext,
    access: Access | Barred | None,
    fetcher: Fetcher,
    budget: float,
) -> Gathered:
    """Gather within `budget` seconds; without access, or when nothing is missing, without waiting for anything.

    Where the server that was sent may not be called, what is missing says so.
    Raises MalformedRequest when the prefetched Patient is another one, or the server's URL or token cannot be used.
    """
    deadline = asyncio.get_running_loop().time() + budget
    inputs = read_inputs(prefetch, context.patient_id)
    open_inputs = {template: came for template, came in inputs.items() if came.can_be_mended}
    if not isinstance(access, Access):
        if access and open_inputs:
            inputs = {**inputs, **{template: unmended(came, access.why()) for template, came in open_inputs.items()}}
        return _gathered(inputs, context, Learned(FhirVersion.R4))
    session = fetcher.session(access, deadline)
    version = access.version or fetcher.versions.known(session.base)
    asked = None if version else fetcher.versions.ask(session)
    mended = await _fetch(open_inputs, context, session, fetcher) if open_inputs else {}
    learned = await asked.answer() if asked else Learned(version or FhirVersion.R4)
    return _gathered({**inputs, **mended}, context, learned)


async def _fetch(open_inputs: Inputs, context: QueryContext, session: Session, fetcher: Fetcher) -> Inputs:
    """All at once; every task has ended when this returns."""
    queries = {template: fetcher.query(template, context) for template in open_inputs}
    async with asyncio.TaskGroup() as tasks:
        mending = {
            template: tasks.create_task(mend(session, template, came, queries[template], context.patient_id))
            for template, came in open_inputs.items()
        }
    return {template: task.result() for template, task in mending.items()}


def _gathered(inputs: Inputs, context: QueryContext, learned: Learned) -> Gathered:
    failures = [one.failure for one in inputs.values()]
    return Gathered(
        chart=chart_of(inputs, context.patient_id),
        sources={template.key: _source(one) for template, one in inputs.items()},
        fetch_errors=tuple(str(kind) for kind in (*failures, learned.failure) if kind),
        version=learned.version,
    )


def _source(one: Input) -> Source:
    if one.fetched:
        return "fetched"
    return "prefetch" if one.tells else "unavailable"
