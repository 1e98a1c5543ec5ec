"""The chart that reasoning starts from: one patient's resources, each once, and what could not be had."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from msgspec import Struct

from app.chart.decode import Entry, LeftOut, reference_of
from app.chart.reference import relative, unversioned
from app.chart.resources import (
    Condition,
    DiagnosticReport,
    Encounter,
    Medication,
    MedicationRequest,
    Observation,
    Patient,
    Procedure,
    ProcedureRequest,
    Reference,
    Resource,
    ServiceRequest,
)

R = TypeVar("R", bound=Resource)


@dataclass(frozen=True, slots=True, order=True)
class Unavailable:
    """An input (a prefetch key) that is missing or cut short, and why."""

    input: str
    reason: str


class Chart(Struct, frozen=True):
    """Resources of exactly one patient. `unavailable` names the inputs that are not, or not wholly, in it."""

    patient: Patient | None = None
    conditions: tuple[Condition, ...] = ()
    observations: tuple[Observation, ...] = ()
    medication_requests: tuple[MedicationRequest, ...] = ()
    medications: tuple[Medication, ...] = ()
    service_requests: tuple[ServiceRequest, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    diagnostic_reports: tuple[DiagnosticReport, ...] = ()
    encounters: tuple[Encounter, ...] = ()
    unavailable: tuple[Unavailable, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    def lacks(self, name: str) -> bool:
        """Whether the input of that name is unavailable or incomplete."""
        return any(item.input == name for item in self.unavailable)


def build_chart(
    entries: Iterable[Entry],
    patient_names: frozenset[str],
    unavailable: Sequence[Unavailable] = (),
    left_out: Sequence[LeftOut] = (),
) -> Chart:
    """Sort entries by type, each resource once, without those of another patient (protocol C5).

    A resource without an id is never the same as another.
    `patient_names` are the references that mean this patient: `Patient/id`, and a Bundle's fullUrl for it.
    """
    own: _Sorted = defaultdict(dict)
    foreign: _Sorted = defaultdict(dict)
    for entry in entries:
        resource = entry.resource
        if resource is not None:
            subject: Reference | None = getattr(resource, "subject", None)
            kept = own if subject is None or is_patient(subject.reference, patient_names) else foreign
            kept[type(resource)].setdefault(resource.id or object(), resource)
    others = [one for several in foreign.values() for one in several.values()]
    return Chart(
        patient=next(iter(_of(own, Patient)), None),
        conditions=_of(own, Condition),
        observations=_of(own, Observation),
        medication_requests=_of(own, MedicationRequest),
        medications=_of(own, Medication),
        service_requests=(*_of(own, ServiceRequest), *_of(own, ProcedureRequest)),
        procedures=_of(own, Procedure),
        diagnostic_reports=_of(own, DiagnosticReport),
        encounters=_of(own, Encounter),
        unavailable=tuple(unavailable),
        left_out=(*left_out, *(LeftOut(reference_of(one), "of another patient") for one in others)),
    )


_Sorted = defaultdict[type[Resource], dict[Hashable, Resource]]


def _of(resources: _Sorted, kind: type[R]) -> tuple[R, ...]:
    return cast(tuple[R, ...], tuple(resources[kind].values()))


def is_patient(reference: str | None, patient_names: frozenset[str]) -> bool:
    """Whether a reference is to the patient of these names; one that says nothing is.

    Relative, absolute, versioned and urn references all count.
    """
    if not reference or reference in patient_names:
        return True
    return unversioned(reference) in patient_names or relative(reference, Patient.__name__) in patient_names
