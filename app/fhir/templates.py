"""The prefetch templates: what is asked of the client, and which resources are read from each answer.

Why these: docs/architecture.md, "Prefetch".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Template:
    """One prefetch key. Without a `required` input there is no answer (protocol F2)."""

    key: str
    query: str
    types: frozenset[str]
    required: bool = False


_OF_PATIENT = "patient={{context.patientId}}"

TEMPLATES = (
    Template("patient", "Patient/{{context.patientId}}", frozenset({"Patient"})),
    Template("conditions", f"Condition?{_OF_PATIENT}", frozenset({"Condition"}), required=True),
    Template("labs", f"Observation?{_OF_PATIENT}&category=laboratory", frozenset({"Observation"})),
    Template("findings", f"Observation?{_OF_PATIENT}&category=exam,survey", frozenset({"Observation"})),
    Template("medications", f"MedicationRequest?{_OF_PATIENT}", frozenset({"MedicationRequest", "Medication"})),
    Template("orders", f"ServiceRequest?{_OF_PATIENT}", frozenset({"ServiceRequest"})),
    Template("procedures", f"Procedure?{_OF_PATIENT}", frozenset({"Procedure"})),
    Template("reports", f"DiagnosticReport?{_OF_PATIENT}", frozenset({"DiagnosticReport"})),
)

PREFETCH = {template.key: template.query for template in TEMPLATES}
