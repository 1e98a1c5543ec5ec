"""What rendering needs beside the conclusion: the knowledge, the facts, and whom the answer is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID, uuid5

from app.chart.version import FhirVersion
from app.facts.model import Finding, PatientFacts
from app.knowledge.knowledge import Knowledge
from app.knowledge.rules import OrderCaution


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom orders are written for, in references as the client writes them, and in which release of FHIR."""

    patient: str
    encounter: str | None = None
    version: FhirVersion = FhirVersion.R4


@dataclass(frozen=True)
class Rendering:
    """One answer being written. All uuids derive from `answer_id`, so that the same input renders the same."""

    knowledge: Knowledge
    facts: PatientFacts
    weakness: tuple[Finding, ...]
    promoted_by: tuple[Finding, ...]
    subject: Subject
    answer_id: UUID
    pages: str | None = None

    def uuid(self, *parts: str) -> UUID:
        """The uuid of a part of this answer."""
        return uuid5(self.answer_id, "/".join(parts))

    @cached_property
    def cautions(self) -> tuple[OrderCaution, ...]:
        """The cautions of the vocabulary that this patient's chart gives a reason for."""
        return tuple(one for one in self.knowledge.order_cautions if any(self._reasons_for(one)))

    def _reasons_for(self, caution: OrderCaution) -> Iterator[bool]:
        yield from (bool(self.facts.findings.get(name)) for name in caution.finding)
        for group in caution.medication:
            yield from (one.current for one in self.facts.prescriptions.get(group, ()))
