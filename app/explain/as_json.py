"""An evaluation for machines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from msgspec.structs import asdict

from app.explain.lowering import Lowering, fired_level, lowerings
from app.facts.model import Fact, Finding, LabResult, PatientFacts, Prescription, Study
from app.facts.moment import Age, Moment
from app.pipeline import Evaluation
from app.reasoning.assess import Assessment
from app.reasoning.signals import Question
from app.reasoning.weakness import Weakness


def explain_as_json(evaluation: Evaluation) -> bytes:
    """Facts, the status of each card with its signals, and the response as a client gets it."""
    conclusion = evaluation.conclusion
    explained = {
        "facts": _facts(evaluation.facts),
        "weakness": _weakness(conclusion.weakness) if conclusion.weakness else None,
        "silentBecause": conclusion.silent_because,
        "cards": [_card(one, conclusion.question) for one in conclusion.assessments if conclusion.question],
        "shadow": [{"card": one.card.id, "level": one.level} for one in conclusion.shadow],
        "withheld": [{"card": one.card.id, "reason": one.reason} for one in conclusion.withheld],
        "response": evaluation.response,
    }
    return msgspec.json.format(msgspec.json.encode(explained, order="deterministic"))


def _facts(facts: PatientFacts) -> dict[str, Any]:
    kinds: dict[str, type[Fact]] = {
        "findings": Finding,
        "labs": LabResult,
        "prescriptions": Prescription,
        "studies": Study,
    }
    read = {name: [_fact(fact) for fact in facts.each() if isinstance(fact, kind)] for name, kind in kinds.items()}
    return {
        "now": facts.now,
        "patient": facts.patient,
        **read,
        "leftOut": facts.left_out,
        "unavailable": facts.unavailable,
    }


def _card(found: Assessment, question: Question) -> dict[str, Any]:
    return {
        "card": found.card.id,
        "status": found.status,
        "level": found.level,
        "firedAt": fired_level(found, question),
        "loweredBy": [_lowering(one) for one in lowerings(found, question)],
        "deciding": found.deciding,
        "undecided": found.undecided,
        "signals": {
            name: {"truth": answer.truth, "facts": [fact.reference for fact in answer.facts]}
            for name, answer in found.answers.items()
        },
    }


def _lowering(one: Lowering) -> dict[str, Any]:
    study = {"study": _fact(one.study)} if one.study else {}
    return {"because": one.because, "atMost": one.at_most, **study}


def _weakness(weakness: Weakness) -> dict[str, Any]:
    return {
        "kind": weakness.kind,
        "triggers": [{"kind": one.kind, "finding": _fact(one.finding)} for one in weakness.triggers],
        "promotedBy": [_fact(one) for one in weakness.promoted_by],
    }


def _fact(fact: Fact) -> dict[str, Any]:
    """Dates as the chart writes them, ages in days."""
    return {name: _plain(value) for name, value in asdict(fact).items()}


def _plain(value: object) -> object:
    match value:
        case Moment():
            return value.text
        case Age():
            return {"leastDays": _days(value.least), "mostDays": _days(value.most)}
        case _:
            return value


def _days(length: timedelta | None) -> float | None:
    return None if length is None else round(length.total_seconds() / timedelta(days=1).total_seconds(), 3)
