"""A cases file: patients, each a chart of facts, and the answer expected for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field

from app.cases.facts import AnyFact, LabCase, PatientCase
from app.cases.times import Time
from app.fhir.templates import TEMPLATES
from app.knowledge.base import Model, Name, Text, nearest
from app.knowledge.card import Level, Priority
from app.knowledge.source import Location

Kind = Literal["fires", "near-miss", "missing", "mimic", "other"]
REQUIRED_KINDS: tuple[Kind, ...] = ("fires", "near-miss", "missing", "mimic")
Shown = Level | Literal["none"]


def _prefetch_key(name: str) -> str:
    keys = [template.key for template in TEMPLATES]
    if name not in keys:
        raise ValueError(f"one of {', '.join(keys)} was expected{nearest(name, keys)}")
    return name


PrefetchKey = Annotated[str, AfterValidator(_prefetch_key)]


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
    now: AwareDatetime | None = None
    patient: PatientCase = PatientCase()
    chart: tuple[AnyFact, ...]
    unavailable: tuple[PrefetchKey, ...] = ()
    expect: Expectation


class Thresholds(Model):
    """One lab at several values, by unit: `[value, level]`."""

    name: Text
    decisions: tuple[int, ...] = ()
    patient: PatientCase = PatientCase()
    chart: tuple[AnyFact, ...]
    lab: Name
    when: Time
    high: float | None = None
    expect: dict[str, tuple[tuple[float, Shown], ...]]

    def case(self, value: float, unit: str, level: Shown) -> Case:
        """One value as a case of its own."""
        return Case(
            name=f"{self.name}: {value:.10g} {unit}",
            kind="other",
            decisions=self.decisions,
            patient=self.patient,
            chart=(*self.chart, LabCase(lab=self.lab, value=value, unit=unit, when=self.when, high=self.high)),
            expect=Expectation(level=level),
        )


class CasesFile(Model):
    """Everything beside one card."""

    card: Name
    now: AwareDatetime
    cases: tuple[Case, ...]
    thresholds: tuple[Thresholds, ...] = ()

    def all_cases(self) -> list[Case]:
        """The cases, and each row of the thresholds as a case of its own."""
        return [case for _, case in self.located_cases()]

    def located_cases(self) -> Iterator[tuple[Location, Case]]:
        """All cases, each with where it stands in the file."""
        for index, case in enumerate(self.cases):
            yield ("cases", index), case
        for index, several in enumerate(self.thresholds):
            for unit, pairs in several.expect.items():
                for row, (value, level) in enumerate(pairs):
                    yield ("thresholds", index, "expect", unit, row), several.case(value, unit, level)
