"""The prefetch templates: what is asked of the client, and which resources are read from each answer.

Why these: docs/architecture.md, "Prefetch".
"""

from __future__ import annotations

from dataclasses import dataclass

from app.chart.resources import (
    Condition,
    DiagnosticReport,
    Encounter,
    Medication,
    MedicationRequest,
    Observation,
    Patient,
    Procedure,
    Resource,
    ServiceRequest,
)
from app.knowledge.systems import LOINC
from app.knowledge.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """One prefetch key. Without a `required` input there is no answer (protocol F2).

    `labs` are asked for by their codes, because servers file them under different categories.
    """

    key: str
    query: str
    types: frozenset[type[Resource]]
    required: bool = False
    labs: tuple[str, ...] = ()

    @property
    def type_names(self) -> frozenset[str]:
        """Its types as FHIR names them."""
        return frozenset(kind.__name__ for kind in self.types)

    def filled(self, vocabulary: Vocabulary) -> str:
        """The query with the codes of its labs; the tokens of the context are for the client to fill in."""
        codes = [f"{LOINC}|{code}" for lab in self.labs for code in vocabulary.labs[lab].loinc]
        return self.query + ",".join(codes)


_OF_PATIENT = "patient={{context.patientId}}"

TEMPLATES = (
    Template("patient", "Patient/{{context.patientId}}", frozenset({Patient})),
    Template("conditions", f"Condition?{_OF_PATIENT}", frozenset({Condition}), required=True),
    Template("labs", f"Observation?{_OF_PATIENT}&category=laboratory", frozenset({Observation})),
    Template("findings", f"Observation?{_OF_PATIENT}&category=exam,survey", frozenset({Observation})),
    Template("scores", f"Observation?{_OF_PATIENT}&code=", frozenset({Observation}), labs=("pain-score-0-10",)),
    Template("medications", f"MedicationRequest?{_OF_PATIENT}", frozenset({MedicationRequest, Medication})),
    Template("orders", f"ServiceRequest?{_OF_PATIENT}", frozenset({ServiceRequest})),
    Template("procedures", f"Procedure?{_OF_PATIENT}", frozenset({Procedure})),
    Template("stays", f"Encounter?{_OF_PATIENT}&class=IMP", frozenset({Encounter})),
    Template("reports", f"DiagnosticReport?{_OF_PATIENT}", frozenset({DiagnosticReport})),
)


def filled_templates(vocabulary: Vocabulary) -> dict[str, str]:
    """The query of each prefetch key: what discovery publishes, and what is asked of the server for a missing key."""
    return {template.key: template.filled(vocabulary) for template in TEMPLATES}
