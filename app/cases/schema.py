"""A cases file. Times are `3 days ago`, `3 days ago (date)` for a date without time, or a FHIR date or dateTime."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from app.knowledge.base import Model, Name, Text
from app.knowledge.card import Level, Priority

Kind = Literal["fires", "near-miss", "missing", "mimic", "other"]
REQUIRED_KINDS: tuple[Kind, ...] = ("fires", "near-miss", "missing", "mimic")
Shown = Level | Literal["none"]


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
    onset: Text | None = None
    recorded: Text | None = None
    clinical: Text = "active"
    verification: Text = "confirmed"
    category: Text = "problem-list-item"
    shape: Literal["condition", "observation"] = Field(default="condition", alias="as")
    value: Text = "yes"


class StayCase(Model):
    """An inpatient Encounter; without `ended` it goes on."""

    stay: Text
    ended: Text | None = None


class TextCase(Model):
    """A Condition that holds only words."""

    text: Text
    onset: Text | None = None
    recorded: Text | None = None
    clinical: Text = "active"
    verification: Text = "confirmed"
    category: Text = "problem-list-item"


class LabCase(Model):
    """A laboratory Observation; `low` and `high` are the laboratory's limits."""

    lab: Name
    value: float
    unit: str | None = None
    when: Text | None = None
    code: Text | None = None
    comparator: Text | None = None
    note: Text | None = None
    status: Text = "final"
    low: float | None = None
    high: float | None = None


class MedicationCase(Model):
    """A MedicationRequest for a drug of the group."""

    medication: Name
    ingredient: Text | None = None
    text: Text | None = None
    authored: Text | None = None
    status: Text = "active"


class OrderCase(Model):
    """A ServiceRequest."""

    order: Name
    status: Text = "active"
    when: Text | None = None
    priority: Text | None = None


class ReportCase(Model):
    """A DiagnosticReport."""

    report: Name
    status: Text = "final"
    when: Text | None = None


class ProcedureCase(Model):
    """A Procedure."""

    procedure: Name
    status: Text = "completed"
    when: Text | None = None


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


class Expectation(Model):
    """The answer for the file's own card, as shown at the end. What is left out is not looked at."""

    level: Shown
    cites: tuple[Name, ...] = ()
    unknown: tuple[Name, ...] | None = None
    orders: tuple[Name, ...] = ()
    not_orders: tuple[Name, ...] = ()
    priorities: dict[str, Priority] = Field(default={})
    says: tuple[Text, ...] = ()
    not_says: tuple[Text, ...] = ()


class Case(Model):
    """One patient, and what the card says."""

    name: Text
    kind: Kind
    decisions: tuple[int, ...] = ()
    now: datetime | None = None
    patient: PatientCase = PatientCase()
    chart: tuple[AnyFact, ...]
    unavailable: tuple[Name, ...] = ()
    expect: Expectation


class Thresholds(Model):
    """One lab at several values, by unit: `[value, level]`."""

    name: Text
    decisions: tuple[int, ...] = ()
    patient: PatientCase = PatientCase()
    chart: tuple[AnyFact, ...]
    lab: Name
    when: Text
    high: float | None = None
    expect: dict[str, tuple[tuple[float, Shown], ...]]


class CasesFile(Model):
    """Everything beside one card."""

    card: Name
    now: datetime
    cases: tuple[Case, ...]
    thresholds: tuple[Thresholds, ...] = ()

    def all_cases(self) -> list[Case]:
        """The cases, and each row of the thresholds as a case of its own."""
        rows = [
            Case(
                name=f"{several.name}: {value:.10g} {unit}",
                kind="other",
                decisions=several.decisions,
                patient=several.patient,
                chart=(
                    *several.chart,
                    LabCase(lab=several.lab, value=value, unit=unit, when=several.when, high=several.high),
                ),
                expect=Expectation(level=level),
            )
            for several in self.thresholds
            for unit, pairs in several.expect.items()
            for value, level in pairs
        ]
        return [*self.cases, *rows]
