"""What the statuses of a Condition say (evidence 1.2)."""

from __future__ import annotations

from app.chart.resources import CodeableConcept, Condition
from app.facts.context import words_of

_PRESENT = frozenset({"active", "recurrence", "relapse", "unknown"})
_CLINICAL = _PRESENT | {"inactive", "remission", "resolved"}
_TELLING = _CLINICAL - {"unknown"}  # R5, where there must be a status
_WRONG = frozenset({"refuted", "entered-in-error"})
_UNSURE = frozenset({"provisional", "differential", "unconfirmed"})
_VERIFICATION = _WRONG | _UNSURE | {"confirmed"}
_ENCOUNTER = frozenset({"encounter-diagnosis"})


def counts(condition: Condition) -> bool:
    """Whether the patient has it; a clinical status in no word of FHIR's is none, and then a Condition counts."""
    clinical = _said(condition.clinicalStatus, _CLINICAL)
    wrong = _said(condition.verificationStatus, _VERIFICATION) & _WRONG
    return (not clinical or bool(clinical & _PRESENT)) and not wrong


def has_clinical_status(condition: Condition) -> bool:
    """Whether a clinical status tells anything: one that is absent, unknown or in no word of FHIR's does not."""
    return bool(_said(condition.clinicalStatus, _TELLING))


def is_unsure(condition: Condition) -> bool:
    """Whether it is only suspected (decision 5)."""
    return bool(_said(condition.verificationStatus, _VERIFICATION) & _UNSURE)


def is_encounter_diagnosis(condition: Condition) -> bool:
    """Whether it was the reason of a visit, and not an item of the problem list."""
    return any(_said(concept, _ENCOUNTER) for concept in condition.category)


def _said(concept: CodeableConcept | None, known: frozenset[str]) -> set[str]:
    """Those of the known words that the codes are; where none is, those that the displays or the text are."""
    if concept is None:
        return set()
    codes = {(coding.code or "").lower() for coding in concept.coding} & known
    return codes or {said.strip().lower() for said in words_of(concept).splitlines()} & known
