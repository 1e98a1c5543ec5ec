"""What the client sent along, in every state that prefetch can be in (protocol P1 to P8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from msgspec import Raw

from app.chart.chart import Chart, Unavailable, build_chart
from app.chart.decode import UNREADABLE, Entry, LeftOut, Page, decode_page, reference_of
from app.chart.resources import Patient
from app.errors import MalformedRequest, MissingInput
from app.fhir.templates import TEMPLATES, Template

_NULL = b"null"


@dataclass(frozen=True, slots=True)
class _Input:
    """One key, read."""

    entries: tuple[Entry, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    unavailable: str | None = None


def read_prefetch(prefetch: Mapping[str, Raw] | None, patient_id: str) -> Chart:
    """The chart that came with the request; raises MalformedRequest when it is another patient's."""
    inputs = {template: _read(template, prefetch or {}) for template in TEMPLATES}
    entries = [entry for one in inputs.values() for entry in one.entries]
    _refuse_other_patient(inputs.values(), patient_id)
    return build_chart(
        entries,
        frozenset({f"Patient/{patient_id}"}),
        [Unavailable(key.key, one.unavailable) for key, one in inputs.items() if one.unavailable],
        [item for one in inputs.values() for item in one.left_out],
    )


def require_inputs(chart: Chart, *, triggered: bool) -> None:
    """Raise MissingInput when required data is missing and nothing in the rest triggers (protocol F2)."""
    if triggered:
        return
    for template in TEMPLATES:
        reasons = [one.reason for one in chart.unavailable if one.input == template.key]
        if template.required and reasons:
            raise MissingInput(f"prefetch `{template.key}` is needed and {reasons[0]}", f"prefetch.{template.key}")


def _read(template: Template, prefetch: Mapping[str, Raw]) -> _Input:
    raw = prefetch.get(template.key)
    if raw is None:
        return _Input(unavailable="was not sent")
    if bytes(raw).strip() == _NULL:
        return _Input()
    try:
        page = decode_page(raw)
    except UNREADABLE:
        return _Input(unavailable="is not a FHIR resource")
    entries = tuple(entry for entry in page.entries if type(entry.resource).__name__ in template.types)
    return _Input(entries, page.left_out, _what_is_missing(template, page, entries))


def _what_is_missing(template: Template, page: Page, entries: tuple[Entry, ...]) -> str | None:
    if page.failed:
        return "could not be fetched by the client"
    if page.has_next:
        return "was cut short: more pages exist"
    if not entries and not page.is_bundle:
        return f"holds no {' or '.join(sorted(template.types))}"
    return None


def _refuse_other_patient(inputs: Iterable[_Input], patient_id: str) -> None:
    """Protocol C5; a Patient that is not valid FHIR has an id all the same."""
    for one in inputs:
        read = [reference_of(entry.resource) for entry in one.entries if isinstance(entry.resource, Patient)]
        patients = [name for name in (*read, *(item.reference for item in one.left_out)) if name.startswith("Patient/")]
        if any(name != f"Patient/{patient_id}" for name in patients):
            raise MalformedRequest("the prefetched Patient is not context.patientId", "prefetch.patient.id")
