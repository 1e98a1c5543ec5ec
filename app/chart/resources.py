"""The FHIR elements that Legwork reads, typed for msgspec; whatever else a resource holds is skipped while decoding.

Shapes follow FHIR R4.
"""

from __future__ import annotations

from msgspec import Raw, Struct


class Coding(Struct, frozen=True):
    """FHIR Coding."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class CodeableConcept(Struct, frozen=True):
    """FHIR CodeableConcept."""

    coding: tuple[Coding, ...] = ()
    text: str | None = None


class Reference(Struct, frozen=True):
    """FHIR Reference."""

    reference: str | None = None
    display: str | None = None


class CodeableReference(Struct, frozen=True):
    """FHIR R5 CodeableReference."""

    concept: CodeableConcept | None = None
    reference: Reference | None = None


class Quantity(Struct, frozen=True):
    """FHIR Quantity."""

    value: float | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class Period(Struct, frozen=True):
    """FHIR Period."""

    start: str | None = None
    end: str | None = None


class Annotation(Struct, frozen=True):
    """FHIR Annotation."""

    text: str | None = None


class ReferenceRange(Struct, frozen=True):
    """FHIR Observation.referenceRange."""

    low: Quantity | None = None
    high: Quantity | None = None


class Resource(Struct, frozen=True, tag_field="resourceType"):
    """What every resource has; `id` may be missing in a resource that was never stored."""

    id: str | None = None


class Patient(Resource, frozen=True, kw_only=True, tag="Patient"):
    """FHIR Patient."""

    birthDate: str | None = None
    gender: str | None = None
    deceasedBoolean: bool | None = None
    deceasedDateTime: str | None = None


class Condition(Resource, frozen=True, kw_only=True, tag="Condition"):
    """FHIR Condition."""

    subject: Reference | None = None
    clinicalStatus: CodeableConcept | None = None
    verificationStatus: CodeableConcept | None = None
    category: tuple[CodeableConcept, ...] = ()
    code: CodeableConcept | None = None
    onsetDateTime: str | None = None
    onsetPeriod: Period | None = None
    recordedDate: str | None = None


class Component(Struct, frozen=True):
    """FHIR Observation.component."""

    code: CodeableConcept
    valueQuantity: Quantity | None = None
    valueCodeableConcept: CodeableConcept | None = None
    valueString: str | None = None
    valueBoolean: bool | None = None
    valueInteger: int | None = None
    interpretation: tuple[CodeableConcept, ...] = ()
    referenceRange: tuple[ReferenceRange, ...] = ()


class Observation(Resource, frozen=True, kw_only=True, tag="Observation"):
    """FHIR Observation."""

    code: CodeableConcept
    status: str
    subject: Reference | None = None
    category: tuple[CodeableConcept, ...] = ()
    effectiveDateTime: str | None = None
    effectivePeriod: Period | None = None
    effectiveInstant: str | None = None
    valueQuantity: Quantity | None = None
    valueCodeableConcept: CodeableConcept | None = None
    valueString: str | None = None
    valueBoolean: bool | None = None
    valueInteger: int | None = None
    interpretation: tuple[CodeableConcept, ...] = ()
    note: tuple[Annotation, ...] = ()
    referenceRange: tuple[ReferenceRange, ...] = ()
    component: tuple[Component, ...] = ()


class Dosage(Struct, frozen=True):
    """FHIR Dosage."""

    route: CodeableConcept | None = None


class Medication(Resource, frozen=True, kw_only=True, tag="Medication"):
    """FHIR Medication, included or contained."""

    code: CodeableConcept | None = None


class MedicationRequest(Resource, frozen=True, kw_only=True, tag="MedicationRequest"):
    """FHIR MedicationRequest."""

    status: str
    intent: str | None = None
    doNotPerform: bool | None = None
    subject: Reference | None = None
    medicationCodeableConcept: CodeableConcept | None = None
    medicationReference: Reference | None = None
    medication: CodeableReference | None = None
    contained: tuple[Raw, ...] = ()
    authoredOn: str | None = None
    dosageInstruction: tuple[Dosage, ...] = ()


class ServiceRequest(Resource, frozen=True, kw_only=True, tag="ServiceRequest"):
    """FHIR ServiceRequest."""

    status: str
    intent: str | None = None
    doNotPerform: bool | None = None
    subject: Reference | None = None
    priority: str | None = None
    code: CodeableConcept | None = None
    occurrenceDateTime: str | None = None
    authoredOn: str | None = None


class Procedure(Resource, frozen=True, kw_only=True, tag="Procedure"):
    """FHIR Procedure."""

    status: str
    subject: Reference | None = None
    code: CodeableConcept | None = None
    performedDateTime: str | None = None
    performedPeriod: Period | None = None


class DiagnosticReport(Resource, frozen=True, kw_only=True, tag="DiagnosticReport"):
    """FHIR DiagnosticReport."""

    code: CodeableConcept
    status: str
    subject: Reference | None = None
    effectiveDateTime: str | None = None
    effectivePeriod: Period | None = None
    issued: str | None = None


class Encounter(Resource, frozen=True, kw_only=True, tag="Encounter", rename={"kind": "class"}):
    """FHIR Encounter; `kind` is its class, a Coding (R4) or several CodeableConcepts (R5)."""

    status: str
    subject: Reference | None = None
    kind: Coding | tuple[CodeableConcept, ...] | None = None
    period: Period | None = None


class OperationOutcome(Resource, frozen=True, kw_only=True, tag="OperationOutcome"):
    """FHIR OperationOutcome in place of an answer; its text is never passed on (it may name people or machines)."""


type_names = {
    kind.__name__: kind
    for kind in (
        Patient,
        Condition,
        Observation,
        Medication,
        MedicationRequest,
        ServiceRequest,
        Procedure,
        DiagnosticReport,
        Encounter,
        OperationOutcome,
    )
}

AnyResource = (
    Patient
    | Condition
    | Observation
    | Medication
    | MedicationRequest
    | ServiceRequest
    | Procedure
    | DiagnosticReport
    | Encounter
    | OperationOutcome
)
