"""The chart that reasoning starts from: one patient's resources, each once, and what could not be had."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from app.chart.decode import Entry, LeftOut, reference_of
from app.chart.resources import (
    Condition,
    DiagnosticReport,
    Encounter,
    Medication,
    MedicationRequest,
    Observation,
    Patient,
    Procedure,
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


@dataclass(frozen=True, slots=True)
class Chart:
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
    left_out: tuple[LeftOut, ...] = field(default=())

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

    `patient_names` are the references that mean this patient: `Patient/id`, and a Bundle's fullUrl for it.
    """
    resources = [entry.resource for entry in entries if entry.resource is not None]
    foreign = _each_once(resource for resource in resources if not _belongs(resource, patient_names))
    own = _each_once(resource for resource in resources if _belongs(resource, patient_names))
    patients = _of(own, Patient)
    return Chart(
        patient=patients[0] if patients else None,
        conditions=_of(own, Condition),
        observations=_of(own, Observation),
        medication_requests=_of(own, MedicationRequest),
        medications=_of(own, Medication),
        service_requests=_of(own, ServiceRequest),
        procedures=_of(own, Procedure),
        diagnostic_reports=_of(own, DiagnosticReport),
        encounters=_of(own, Encounter),
        unavailable=tuple(unavailable),
        left_out=(*left_out, *(LeftOut(reference_of(one), "of another patient") for one in foreign)),
    )


def _of(resources: Iterable[Resource], kind: type[R]) -> tuple[R, ...]:
    return tuple(resource for resource in resources if isinstance(resource, kind))


def _each_once(resources: Iterable[Resource]) -> list[Resource]:
    seen: set[tuple[str, str]] = set()
    kept: list[Resource] = []
    for resource in resources:
        key = (type(resource).__name__, resource.id or "")
        if not resource.id or key not in seen:
            kept.append(resource)
        seen.add(key)
    return kept


def _belongs(resource: Resource, patient_names: frozenset[str]) -> bool:
    subject: Any = getattr(resource, "subject", None)
    if isinstance(subject, Reference) and subject.reference:
        return _same_patient(subject.reference, patient_names)
    return True


def _same_patient(reference: str, patient_names: frozenset[str]) -> bool:
    """Relative, absolute, versioned and urn references to the patient all count."""
    plain = reference.split("/_history/", maxsplit=1)[0]
    if plain in patient_names:
        return True
    kind_and_id = "/".join(plain.split("/")[-2:])
    return plain.count("/") > 1 and kind_and_id in patient_names
