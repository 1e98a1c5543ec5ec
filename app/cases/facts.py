"""The facts of a case's chart, each in the words of the vocabulary and of FHIR R4."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from app.cases.times import Time
from app.knowledge.base import Model, Name, Text
from app.knowledge.card import Priority
from app.knowledge.duration import Duration

ClinicalStatus = Literal["active", "recurrence", "relapse", "inactive", "remission", "resolved", "none"]
"""FHIR's, and `none` for a Condition that has no clinicalStatus."""
VerificationStatus = Literal["unconfirmed", "provisional", "differential", "confirmed", "refuted", "entered-in-error"]
ConditionCategory = Literal["problem-list-item", "encounter-diagnosis"]
Comparator = Literal["<", "<=", ">=", ">"]
ObservationStatus = Literal[
    "registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"
]
MedicationStatus = Literal[
    "active", "on-hold", "cancelled", "completed", "entered-in-error", "stopped", "draft", "unknown"
]
OrderStatus = Literal["draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"]
ReportStatus = Literal["partial", "appended", ObservationStatus]
ProcedureStatus = Literal[
    "preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "entered-in-error", "unknown"
]


class PatientCase(Model):
    """Who; an `age` of null is unknown."""

    age: int | None = 60
    sex: Literal["female", "male", "other", "unknown"] | None = "female"
    deceased: bool = False


class FindingCase(Model):
    """A Condition, or with `as: observation` a question that was answered, for a finding of the vocabulary."""

    finding: Name
    code: Text | None = None
    text: Text | None = None
    onset: Time | None = None
    recorded: Time | None = None
    clinical: ClinicalStatus = "active"
    verification: VerificationStatus = "confirmed"
    category: ConditionCategory = "problem-list-item"
    shape: Literal["condition", "observation"] = Field(default="condition", alias="as")
    value: Text = "yes"


class StayCase(Model):
    """An inpatient Encounter; without `ended` it goes on."""

    stay: Duration
    ended: Time | None = None


class TextCase(Model):
    """A Condition that holds only words."""

    text: Text
    onset: Time | None = None
    recorded: Time | None = None
    clinical: ClinicalStatus = "active"
    verification: VerificationStatus = "confirmed"
    category: ConditionCategory = "problem-list-item"


class LabCase(Model):
    """A laboratory Observation; `low` and `high` are the laboratory's limits."""

    lab: Name
    value: float
    unit: str | None = None
    when: Time | None = None
    code: Text | None = None
    comparator: Comparator | None = None
    note: Text | None = None
    status: ObservationStatus = "final"
    low: float | None = None
    high: float | None = None


class MedicationCase(Model):
    """A MedicationRequest for a drug of the group."""

    medication: Name
    ingredient: Text | None = None
    text: Text | None = None
    authored: Time | None = None
    status: MedicationStatus = "active"


class OrderCase(Model):
    """A ServiceRequest."""

    order: Name
    status: OrderStatus = "active"
    when: Time | None = None
    priority: Priority | None = None


class ReportCase(Model):
    """A DiagnosticReport."""

    report: Name
    status: ReportStatus = "final"
    when: Time | None = None


class ProcedureCase(Model):
    """A Procedure."""

    procedure: Name
    status: ProcedureStatus = "completed"
    when: Time | None = None


_KINDS = ("finding", "lab", "medication", "order", "report", "procedure", "stay", "text")


def _kind(value: Any) -> str | None:
    keys = value if isinstance(value, dict) else type(value).model_fields if isinstance(value, Model) else {}
    return next((kind for kind in _KINDS if kind in keys), None)


AnyFact = Annotated[
    Annotated[FindingCase, Tag("finding")]
    | Annotated[LabCase, Tag("lab")]
    | Annotated[MedicationCase, Tag("medication")]
    | Annotated[OrderCase, Tag("order")]
    | Annotated[ReportCase, Tag("report")]
    | Annotated[ProcedureCase, Tag("procedure")]
    | Annotated[StayCase, Tag("stay")]
    | Annotated[TextCase, Tag("text")],
    Discriminator(
        _kind,
        custom_error_type="fact_kind",
        custom_error_message=f"one of {', '.join(_KINDS)} was expected, to say what the fact is",
    ),
]
