"""What rendering needs beside the conclusion: the knowledge, the facts, and whom the answer is for."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid5

from app.chart.version import FhirVersion
from app.facts.model import Finding, PatientFacts
from app.knowledge.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom orders are written for, in references as the client writes them, and in which release of FHIR."""

    patient: str
    encounter: str | None = None
    version: FhirVersion = FhirVersion.R4


@dataclass(frozen=True, slots=True)
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
