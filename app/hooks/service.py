"""The service: its description for discovery, and how it answers a call."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from app.facts.context import Lexicon
from app.fhir.prefetch import read_prefetch, require_inputs
from app.fhir.templates import TEMPLATES
from app.hooks.request import HookRequest
from app.knowledge.vocabulary import Vocabulary
from app.pipeline import evaluate
from app.rendering.context import Subject
from app.rendering.evaluation import EXTENSION, not_evaluated
from app.rendering.model import Response

SERVICE_ID = "leg-weakness-workup"
HOOK = "patient-view"
_SPECIFICATION = "2.0.1"

_DESCRIPTION: dict[str, Any] = {
    "hook": HOOK,
    "hookVersion": "1.0",
    "id": SERVICE_ID,
    "title": "Leg weakness workup",
    "description": (
        "For adults whose chart records leg weakness: which causes the chart points to, how urgent they are, "
        "and which workup is still missing. Advisory; for clinicians."
    ),
    "version": _SPECIFICATION,
    "usageRequirements": (
        f"Conditions are needed; what else is missing is named on the cards. The response says under extension "
        f"`{EXTENSION}` what could not be evaluated; clients may ignore it."
    ),
}


def describe(vocabulary: Vocabulary) -> dict[str, Any]:
    """The service as discovery shows it."""
    return _DESCRIPTION | {"prefetch": {template.key: template.filled(vocabulary) for template in TEMPLATES}}


def answer(request: HookRequest, lexicon: Lexicon, now: datetime) -> Response:
    """Cards for the patient in context; raises RequestError when no honest answer is possible."""
    if request.context.is_portal:
        return Response((), not_evaluated(lexicon.knowledge, "the user is a patient or relative"))
    chart = read_prefetch(request.prefetch, request.context.patient_id)
    evaluation = evaluate(chart, lexicon, subject_of(request), now, uuid4())
    conclusion = evaluation.conclusion
    require_inputs(chart, triggered=bool(conclusion.weakness or conclusion.silent_because))
    return evaluation.response


def subject_of(request: HookRequest) -> Subject:
    """Whom orders are for."""
    encounter = request.context.encounter_id
    return Subject(f"Patient/{request.context.patient_id}", f"Encounter/{encounter}" if encounter else None)
