"""The FHIR elements that Legwork reads, typed for msgspec; whatever else a resource holds is skipped while decoding.

STU3, R4, R4B and R5 are read alike, without knowing which of them a server speaks. Where they differ, a field holds the
element as it was `written`, and a property by the element's R4 name gives it in its R4 shape.
"""

from __future__ import annotations

from msgspec import Raw, Struct


class Coding(Struct, frozen=True, gc=False):
    """FHIR Coding."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class CodeableConcept(Struct, frozen=True, gc=False):
    """FHIR CodeableConcept."""

    coding: tuple[Coding, ...] = ()
    text: str | None = None


class Reference(Struct, frozen=True, gc=False):
    """FHIR Reference."""

    reference: str | None = None
    display: str | None = None


class CodeableReference(Struct, frozen=True, gc=False):
    """FHIR R5 CodeableReference."""

    concept: CodeableConcept | None = None
    reference: Reference | None = None


class ServiceCode(CodeableConcept, frozen=True):
    """What is asked for: a CodeableConcept (R4), or a CodeableReference that holds one (R5)."""

    concept: CodeableConcept | None = None


class Quantity(Struct, frozen=True, gc=False):
    """FHIR Quantity."""

    value: float | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class Period(Struct, frozen=True, gc=False):
    """FHIR Period."""

    start: str | None = None
    end: str | None = None


class Annotation(Struct, frozen=True, gc=False):
    """FHIR Annotation."""

    text: str | None = None


class Range(Struct, frozen=True, gc=False):
    """FHIR Range."""

    low: Quantity | None = None
    high: Quantity | None = None


class ReferenceRange(Range, frozen=True, gc=False):
    """FHIR Observation.referenceRange: of it, what it shares with a Range."""


class Resource(Struct, frozen=True, gc=False, tag_field="resourceType"):
    """What every resource has; `id` may be missing in a resource that was never stored."""

    id: str | None = None


class Patient(Resource, frozen=True, kw_only=True, tag="Patient"):
    """FHIR Patient."""

    birthDate: str | None = None
    gender: str | None = None
    deceasedBoolean: bool | None = None
    deceasedDateTime: str | None = None


_CONDITION = {
    "written_clinical_status": "clinicalStatus",
    "written_verification_status": "verificationStatus",
    "written_recorded_date": "recordedDate",
}


class Condition(Resource, frozen=True, kw_only=True, tag="Condition", rename=_CONDITION):
    """FHIR Condition; in STU3 its statuses are bare codes, and the recorded date is the asserted one."""

    subject: Reference | None = None
    written_clinical_status: CodeableConcept | str | None = None
    written_verification_status: CodeableConcept | str | None = None
    category: tuple[CodeableConcept, ...] = ()
    code: CodeableConcept | None = None
    onsetDateTime: str | None = None
    onsetPeriod: Period | None = None
    onsetAge: Quantity | None = None
    onsetRange: Range | None = None
    written_recorded_date: str | None = None
    assertedDate: str | None = None

    @property
    def clinicalStatus(self) -> CodeableConcept | None:
        """Condition.clinicalStatus."""
        return _concept(self.written_clinical_status)

    @property
    def verificationStatus(self) -> CodeableConcept | None:
        """Condition.verificationStatus."""
        return _concept(self.written_verification_status)

    @property
    def recordedDate(self) -> str | None:
        """Condition.recordedDate."""
        return self.written_recorded_date or self.assertedDate


def _concept(status: CodeableConcept | str | None) -> CodeableConcept | None:
    return CodeableConcept(coding=(Coding(code=status),)) if isinstance(status, str) else status


Interpretation = tuple[CodeableConcept, ...] | CodeableConcept
"""One in STU3, several since."""


def _several(interpretation: Interpretation) -> tuple[CodeableConcept, ...]:
    return interpretation if isinstance(interpretation, tuple) else (interpretation,)


class Component(Struct, frozen=True, gc=False, rename={"written_interpretation": "interpretation"}):
    """FHIR Observation.component."""

    code: CodeableConcept
    valueQuantity: Quantity | None = None
    valueCodeableConcept: CodeableConcept | None = None
    valueString: str | None = None
    valueBoolean: bool | None = None
    valueInteger: int | None = None
    written_interpretation: Interpretation = ()
    referenceRange: tuple[ReferenceRange, ...] = ()

    @property
    def interpretation(self) -> tuple[CodeableConcept, ...]:
        """Observation.component.interpretation."""
        return _several(self.written_interpretation)


_OBSERVATION = {"written_interpretation": "interpretation", "written_note": "note"}


class Observation(Resource, frozen=True, kw_only=True, tag="Observation", rename=_OBSERVATION):
    """FHIR Observation; in STU3 its note is a comment."""

    code: CodeableConcept
    status: str
    subject: Reference | None = None
    effectiveDateTime: str | None = None
    effectivePeriod: Period | None = None
    effectiveInstant: str | None = None
    valueQuantity: Quantity | None = None
    valueCodeableConcept: CodeableConcept | None = None
    valueString: str | None = None
    valueBoolean: bool | None = None
    valueInteger: int | None = None
    written_interpretation: Interpretation = ()
    written_note: tuple[Annotation, ...] = ()
    comment: str | None = None
    referenceRange: tuple[ReferenceRange, ...] = ()
    component: tuple[Component, ...] = ()

    @property
    def interpretation(self) -> tuple[CodeableConcept, ...]:
        """Observation.interpretation."""
        return _several(self.written_interpretation)

    @property
    def note(self) -> tuple[Annotation, ...]:
        """Observation.note."""
        return (*self.written_note, Annotation(self.comment)) if self.comment else self.written_note


class Dosage(Struct, frozen=True, gc=False):
    """FHIR Dosage."""

    route: CodeableConcept | None = None


class Medication(Resource, frozen=True, kw_only=True, tag="Medication"):
    """FHIR Medication, included or contained."""

    code: CodeableConcept | None = None


_MEDICATION_REQUEST = {"written_reported": "reported"}


class MedicationRequest(Resource, frozen=True, kw_only=True, tag="MedicationRequest", rename=_MEDICATION_REQUEST):
    """FHIR MedicationRequest; what is prescribed is a concept or a reference (to R4B), or both in one element (R5)."""

    status: str
    intent: str | None = None
    doNotPerform: bool | None = None
    written_reported: bool | None = None
    reportedBoolean: bool | None = None
    reportedReference: Reference | None = None
    subject: Reference | None = None
    medicationCodeableConcept: CodeableConcept | None = None
    medicationReference: Reference | None = None
    medication: CodeableReference | None = None
    contained: tuple[Raw, ...] = ()
    authoredOn: str | None = None
    dosageInstruction: tuple[Dosage, ...] = ()

    @property
    def reported(self) -> bool:
        """MedicationRequest.reported: whether somebody else prescribed it, and the patient or another told of it."""
        return bool(self.written_reported or self.reportedBoolean or self.reportedReference)

    @property
    def prescribed(self) -> CodeableReference:
        """MedicationRequest.medication, in its R5 shape, which holds either of the older ones."""
        return self.medication or CodeableReference(self.medicationCodeableConcept, self.medicationReference)


class ServiceRequest(Resource, frozen=True, kw_only=True, tag="ServiceRequest", rename={"written_code": "code"}):
    """FHIR ServiceRequest."""

    status: str
    intent: str | None = None
    doNotPerform: bool | None = None
    subject: Reference | None = None
    priority: str | None = None
    written_code: ServiceCode | None = None
    occurrenceDateTime: str | None = None
    occurrencePeriod: Period | None = None
    authoredOn: str | None = None

    @property
    def code(self) -> CodeableConcept | None:
        """ServiceRequest.code."""
        return (self.written_code.concept or self.written_code) if self.written_code else None


class ProcedureRequest(ServiceRequest, frozen=True, kw_only=True, tag="ProcedureRequest"):
    """FHIR STU3 ProcedureRequest: the ServiceRequest of its time, with the same elements."""


class Procedure(Resource, frozen=True, kw_only=True, tag="Procedure"):
    """FHIR Procedure; when it was performed (to R4B) is its occurrence (R5). `notDone` became a status with R4."""

    status: str
    notDone: bool | None = None
    subject: Reference | None = None
    code: CodeableConcept | None = None
    performedDateTime: str | None = None
    performedPeriod: Period | None = None
    occurrenceDateTime: str | None = None
    occurrencePeriod: Period | None = None


class DiagnosticReport(Resource, frozen=True, kw_only=True, tag="DiagnosticReport"):
    """FHIR DiagnosticReport."""

    code: CodeableConcept
    status: str
    subject: Reference | None = None
    effectiveDateTime: str | None = None
    effectivePeriod: Period | None = None
    issued: str | None = None


_ENCOUNTER = {"kind": "class", "written_period": "period"}


class Encounter(Resource, frozen=True, kw_only=True, tag="Encounter", rename=_ENCOUNTER):
    """FHIR Encounter; `kind` is its class, a Coding (to R4B) or several CodeableConcepts (R5)."""

    status: str
    subject: Reference | None = None
    kind: Coding | tuple[CodeableConcept, ...] | None = None
    written_period: Period | None = None
    actualPeriod: Period | None = None

    @property
    def period(self) -> Period | None:
        """Encounter.period."""
        return self.written_period or self.actualPeriod


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
        ProcedureRequest,
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
    | ProcedureRequest
    | Procedure
    | DiagnosticReport
    | Encounter
    | OperationOutcome
)
