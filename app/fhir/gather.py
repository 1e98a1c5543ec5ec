"""A chart gathered: prefetch first, then what it lacks from the client's FHIR server, within one time budget."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.chart.chart import Chart
from app.chart.version import FhirVersion
from app.fhir.access import Access
from app.fhir.fetcher import Fetcher
from app.fhir.input import Input
from app.fhir.mend import mend
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
    access: Access | None,
    fetcher: Fetcher | None,
    budget: float,
) -> Gathered:
    """Gather within `budget` seconds; without access, or when nothing is missing, without waiting for anything.

    Raises MalformedRequest when the prefetched Patient is another one, or the server's URL or token cannot be used.
    """
    deadline = asyncio.get_running_loop().time() + budget
    inputs = read_inputs(prefetch, context.patient_id)
    if access is None or fetcher is None:
        return _gathered(inputs, context, Learned(FhirVersion.R4))
    session = fetcher.session(access, deadline)
    version = access.version or fetcher.versions.known(session.base)
    if version is not None and not any(one.can_be_mended for one in inputs.values()):
        return _gathered(inputs, context, Learned(version))
    mended, learned = await _fetch(inputs, context, session, fetcher, version)
    return _gathered(mended, context, learned)


async def _fetch(
    inputs: Inputs, context: QueryContext, session: Session, fetcher: Fetcher, version: FhirVersion | None
) -> tuple[Inputs, Learned]:
    """All at once; every task has ended when this returns."""
    open_inputs = {template: came for template, came in inputs.items() if came.can_be_mended}
    queries = {template: fetcher.query(template, context) for template in open_inputs}
    async with asyncio.TaskGroup() as tasks:
        learning = None if version else tasks.create_task(fetcher.versions.learn(session))
        mending = {
            template: tasks.create_task(mend(session, template, came, queries[template], context.patient_id))
            for template, came in open_inputs.items()
        }
    mended = {**inputs, **{template: task.result() for template, task in mending.items()}}
    return mended, learning.result() if learning else Learned(version or FhirVersion.R4)


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
