"""What the client sent along, in every state that prefetch can be in (protocol P1 to P8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Raw
from msgspec.structs import replace

from app.chart.chart import Chart, Unavailable, build_chart
from app.chart.decode import UNREADABLE, UnreadableLink, Value, decode_page, page_of, reference_of
from app.chart.resources import Patient
from app.errors import MalformedRequest, MissingInput
from app.fhir.input import Input, read_page
from app.fhir.templates import TEMPLATES, Template

_NULL = Raw(b"null")
_REQUIRED = frozenset(template.key for template in TEMPLATES if template.required)

Prefetch = Mapping[str, Value | Raw | None]
"""By key: a value that is decoded, one that is as it came, or None for null."""

Inputs = Mapping[Template, Input]


def read_prefetch(prefetch: Prefetch | None, patient_id: str) -> Chart:
    """The chart that came with the request; raises MalformedRequest when it is another patient's."""
    return chart_of(read_inputs(prefetch, patient_id), patient_id)


def read_inputs(prefetch: Prefetch | None, patient_id: str, templates: Iterable[Template] = TEMPLATES) -> Inputs:
    """Each key as it came; raises MalformedRequest when the Patient is another one."""
    sent = prefetch or {}
    inputs = {template: _read(template, sent) for template in templates}
    _refuse_other_patient(inputs, patient_id)
    return inputs


def chart_of(inputs: Inputs, patient_id: str) -> Chart:
    """One chart of all inputs, and what is not in it."""
    return build_chart(
        [entry for one in inputs.values() for entry in one.entries],
        frozenset({f"Patient/{patient_id}"}),
        [Unavailable(key.key, one.unavailable) for key, one in inputs.items() if one.unavailable],
        [item for one in inputs.values() for item in one.left_out],
    )


def require_inputs(chart: Chart, *, triggered: bool) -> None:
    """Raise MissingInput when required data is missing or cut short and the rest triggers nothing (protocol F2)."""
    missing = next((one for one in chart.unavailable if one.input in _REQUIRED), None)
    if missing and not triggered:
        raise MissingInput(f"prefetch `{missing.input}` is needed and {missing.reason}", f"prefetch.{missing.input}")


def _read(template: Template, sent: Prefetch) -> Input:
    """An OperationOutcome is an answer (protocol P4); what is not FHIR is none, so the server may be asked."""
    if template.key not in sent:
        return Input(unavailable="was not sent", unanswered=True)
    value = sent[template.key]
    if value is None or value == _NULL:
        return Input()
    try:
        found = read_page(template, decode_page(value) if isinstance(value, Raw) else page_of(value))
    except UNREADABLE:
        return Input(unavailable="is not a FHIR resource", unanswered=True)
    if isinstance(found.next, UnreadableLink):
        return replace(found, unavailable="was perhaps cut short: the links to further pages cannot be read")
    return found


def _refuse_other_patient(inputs: Inputs, patient_id: str) -> None:
    """Protocol C5; a Patient that is not valid FHIR has an id all the same."""
    asked = [one for template, one in inputs.items() if Patient in template.types]
    entries = [entry for one in asked for entry in one.entries]
    read = [reference_of(entry.resource) for entry in entries if isinstance(entry.resource, Patient)]
    names = (*read, *(item.reference for one in asked for item in one.left_out))
    if any(name.startswith("Patient/") and name != f"Patient/{patient_id}" for name in names):
        raise MalformedRequest("the prefetched Patient is not context.patientId", "prefetch.patient.id")
