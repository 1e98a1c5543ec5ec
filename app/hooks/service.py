"""The service: its description for discovery, and how it answers a call."""

from __future__ import annotations

from typing import Any

from app.fhir.templates import filled_templates
from app.knowledge.vocabulary import Vocabulary
from app.rendering.evaluation import EXTENSION

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
        f"Conditions are needed; what else is missing is fetched from fhirServer, or named on the cards. The response "
        f"says under extension `{EXTENSION}` what could not be evaluated; clients may ignore it."
    ),
}


def describe(vocabulary: Vocabulary) -> dict[str, Any]:
    """The service as discovery shows it."""
    return _DESCRIPTION | {"prefetch": filled_templates(vocabulary)}
