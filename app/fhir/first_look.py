"""A first look at what a client sent: as much of it as may record weakness. Most charts record none, and need no more.

Weakness stands in Conditions and in the answers of Observations; a measurement names none. All else is read only for
patients with weakness.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import fields

from app.chart.chart import Chart, is_patient
from app.chart.decode import UNREADABLE, Link, Search, Value, informs
from app.chart.resources import CodeableConcept, Component, Observation, Reference
from app.fhir.prefetch import chart_of, read_inputs
from app.fhir.templates import TEMPLATES

_NULL = Raw(b"null")
_code = msgspec.json.Decoder(CodeableConcept)
_subject = msgspec.json.Decoder(Reference | None)


class Glance(Struct, frozen=True, gc=False, rename="camel"):
    """Of any resource: whose it is and, where it is an Observation with an answer, the question and the answer.

    `issue` is an OperationOutcome's.
    """

    subject: Raw = _NULL
    code: Raw = _NULL
    value_codeable_concept: CodeableConcept | None = None
    value_string: str | None = None
    value_boolean: bool | None = None
    component: tuple[Component, ...] = ()
    issue: Raw = _NULL


class GlancedEntry(Struct, frozen=True, gc=False):
    """FHIR Bundle.entry. A `response` is for a closer look: what must be null cannot be decoded otherwise."""

    resource: Glance | None = None
    search: Search | None = None
    response: None = None


class GlancedBundle(Struct, frozen=True, gc=False, rename="camel"):
    """FHIR Bundle."""

    resource_type: Literal["Bundle"]
    total: int | None = None
    entry: tuple[GlancedEntry, ...] = ()
    link: tuple[Link, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing says that there is more, or that something failed."""
        holds = any(one.resource is not None and one.resource.issue is _NULL for one in self.entry)
        outcomes = [one for one in self.entry if one.resource is not None and one.resource.issue is not _NULL]
        failures = [one for one in outcomes if not informs(one.search)]
        withholds = not holds and (self.total or 0) > 0
        return not withholds and not failures and all(one.relation != "next" for one in self.link)


class FirstLook(Struct, frozen=True, gc=False):
    """A prefetch that has every key of the templates."""

    patient: Value | None
    conditions: Value | None
    labs: GlancedBundle | None
    findings: Value | None
    scores: Value | None
    medications: GlancedBundle | None
    orders: GlancedBundle | None
    procedures: GlancedBundle | None
    stays: GlancedBundle | None
    reports: GlancedBundle | None


_READ_KEYS = {one.name for one in fields(FirstLook) if one.type == Value | None}
_READ = tuple(template for template in TEMPLATES if template.key in _READ_KEYS)
_GLANCED = tuple(template for template in TEMPLATES if template.key not in _READ_KEYS)

SOURCES: Mapping[str, Literal["prefetch", "unread"]] = {
    template.key: "prefetch" if template.key in _READ_KEYS else "unread" for template in TEMPLATES
}
"""Where each input came from when a first look was enough."""


class FirstChart(Struct, frozen=True):
    """A chart as far as it may record weakness; `answers` are of Observations of which no more is known."""

    chart: Chart
    answers: tuple[Observation, ...]


def read_first_look(look: FirstLook, patient_id: str) -> FirstChart | None:
    """None where more is to be said than that there is no weakness: something cannot be read, or is another patient's.

    Raises MalformedRequest when the Patient is another one.
    """
    bundles = [bundle for one in _GLANCED if (bundle := getattr(look, one.key)) is not None]
    inputs = read_inputs({one.key: getattr(look, one.key) for one in _READ}, patient_id, _READ)
    if any(one.unavailable for one in inputs.values()) or not all(one.is_whole for one in bundles):
        return None
    resources = [entry.resource for bundle in bundles for entry in bundle.entry]
    glanced = [one for one in resources if one is not None and one.issue is _NULL]
    try:
        if not _are_of(patient_id, glanced):
            return None
        return FirstChart(chart_of(inputs, patient_id), tuple(_answers(glanced)))
    except UNREADABLE:
        return None


def _are_of(patient_id: str, glanced: Sequence[Glance]) -> bool:
    """Most have the same subject, word for word."""
    names = frozenset({f"Patient/{patient_id}"})
    first = next((one.subject for one in glanced), _NULL)
    others = [one.subject for one in glanced if one.subject != first]
    subjects = [_subject.decode(one) for one in (first, *others)]
    return all(one is None or is_patient(one.reference, names) for one in subjects)


def _answers(glanced: Iterable[Glance]) -> Iterable[Observation]:
    for one in glanced:
        answer, text, component = one.value_codeable_concept, one.value_string, one.component
        if answer is not None or text is not None or one.value_boolean is not None or component:
            yield Observation(
                code=_code.decode(one.code),
                status="",
                valueCodeableConcept=answer,
                valueString=text,
                valueBoolean=one.value_boolean,
                component=component,
            )
