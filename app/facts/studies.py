"""Orders, procedures and reports to studies: what was asked for, what was done, what was reported."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from app.chart.chart import Chart
from app.chart.decode import reference_of
from app.chart.resources import CodeableConcept, DiagnosticReport, Procedure, Resource, ServiceRequest
from app.facts.context import Reading
from app.facts.dates import end_of, usable_moment
from app.facts.model import Study, StudyState
from app.facts.moment import UNKNOWN_AGE, age_of
from app.knowledge.systems import canonical_system

_REQUEST: dict[str, StudyState] = {
    "draft": "ordered",
    "active": "ordered",
    "on-hold": "ordered",
    "suspended": "ordered",  # STU3's word for on-hold
    "completed": "done",
}
_PROCEDURE: dict[str, StudyState] = {"preparation": "ordered", "in-progress": "ordered", "completed": "done"}
_REPORT: dict[str, StudyState] = {
    "registered": "ordered",
    "partial": "done",
    "preliminary": "done",
    "modified": "done",  # R5: a preliminary report that was changed
    "final": "reported",
    "amended": "reported",
    "corrected": "reported",
    "appended": "reported",
}


_NOT_ORDERED = frozenset({"plan", "option"})
"""Intents that authorise nobody. A proposal counts: what Legwork suggests is one, and stays one in some EHRs."""


def read_studies(chart: Chart, reading: Reading) -> Iterator[Study]:
    """Every order, procedure and report whose code the vocabulary knows; what was not carried out is passed over."""
    for request in chart.service_requests:
        if not request.doNotPerform and request.intent not in _NOT_ORDERED:
            yield from _request(request, reading)
    for procedure in chart.procedures:
        if not procedure.notDone:
            yield from _procedure(procedure, reading)
    for report in chart.diagnostic_reports:
        yield from _report(report, reading)


def _request(request: ServiceRequest, reading: Reading) -> Iterator[Study]:
    carried_out = request.occurrenceDateTime or end_of(request.occurrencePeriod)
    when = carried_out if carried_out and request.status == "completed" else request.authoredOn
    for study in _studies(request, request.code, _REQUEST.get(request.status), when, reading):
        yield replace(study, priority=request.priority or "routine")


def _procedure(procedure: Procedure, reading: Reading) -> Iterator[Study]:
    at = procedure.performedDateTime or procedure.occurrenceDateTime
    when = at or end_of(procedure.performedPeriod or procedure.occurrencePeriod)
    yield from _studies(procedure, procedure.code, _PROCEDURE.get(procedure.status), when, reading)


def _report(report: DiagnosticReport, reading: Reading) -> Iterator[Study]:
    when = report.effectiveDateTime or end_of(report.effectivePeriod) or report.issued
    yield from _studies(report, report.code, _REPORT.get(report.status), when, reading)


def _studies(
    resource: Resource, code: CodeableConcept | None, state: StudyState | None, when: str | None, reading: Reading
) -> Iterator[Study]:
    if state is None or code is None:
        return
    orders = reading.lexicon.knowledge.index.orders
    codings = [(canonical_system(one.system) or "", one.code or "") for one in code.coding]
    moment = usable_moment(when, reading)
    age = age_of(moment, reading.now) if moment else UNKNOWN_AGE
    for name in dict.fromkeys(name for coding in codings for name in orders.get(coding, ())):
        yield Study(name, state, reference_of(resource), moment, age)
