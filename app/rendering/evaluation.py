"""The response extension: what could not be looked at, what is unknown, what was withheld; no patient data."""

from __future__ import annotations

from typing import Any

from app.facts.model import LabResult, PatientFacts, Study
from app.knowledge.knowledge import Knowledge
from app.reasoning.conclude import Conclusion

EXTENSION = "org.legwork.evaluation"


def not_evaluated(knowledge: Knowledge, reason: str) -> dict[str, Any]:
    """The extension of an answer for which no chart was read."""
    return {EXTENSION: {"knowledge": _version(knowledge), "notEvaluated": reason}}


def render_evaluation(conclusion: Conclusion, facts: PatientFacts, knowledge: Knowledge) -> dict[str, Any]:
    """`org.legwork.evaluation`; arrays that would be empty are left out."""
    evaluation: dict[str, Any] = {
        "knowledge": _version(knowledge),
        "notEvaluated": conclusion.silent_because,
        "unavailable": [{"input": one.input, "reason": one.reason} for one in facts.unavailable],
        "unknown": _unknown(conclusion),
        "suppressed": _suppressed(conclusion),
        "leftOut": [{"reference": one.reference, "reason": one.reason} for one in facts.left_out],
    }
    return {key: value for key, value in evaluation.items() if value}


def _version(knowledge: Knowledge) -> dict[str, str]:
    return {"version": knowledge.version, "hash": knowledge.content_hash}


def _unknown(conclusion: Conclusion) -> list[dict[str, Any]]:
    """Cards whose answer hangs on what the chart does not tell."""
    return [{"card": one.card, "missing": list(one.missing)} for one in conclusion.hanging]


def _suppressed(conclusion: Conclusion) -> list[dict[str, Any]]:
    orders = {
        (one.order, one.found.reference): _how(one.found) for advice in conclusion.advice for one in advice.suppressed
    }
    found = [{"order": order, "reason": how, "reference": reference} for (order, reference), how in orders.items()]
    return [*found, *({"card": one.card.id, "reason": one.reason} for one in conclusion.withheld)]


def _how(found: Study | LabResult) -> str:
    return f"already {found.state}" if isinstance(found, Study) else "a recent result is there"
