"""A FHIR server's CapabilityStatement, as far as Legwork reads it."""

from __future__ import annotations

from typing import Any

from tests.support.charts import Json
from tests.support.fhir_server import Answer

TYPES = {
    "Patient": (),
    "Condition": ("patient",),
    "Observation": ("patient", "category", "code"),
    "MedicationRequest": ("patient",),
    "ServiceRequest": ("patient",),
    "Procedure": ("patient",),
    "Encounter": ("patient", "class"),
    "DiagnosticReport": ("patient",),
}


def resource(kind: str, *parameters: str, **elements: Any) -> Json:
    """A type that can be read and searched by these parameters."""
    interactions = [{"code": "read"}, {"code": "search-type"}]
    searched = [{"name": name, "type": "token"} for name in parameters]
    return {"type": kind, "interaction": interactions, "searchParam": searched, **elements}


def statement(version: str = "4.0.1", **changed: Json | None) -> Answer:
    """A CapabilityStatement with all that is needed, but for what is changed, or left out by None."""
    all_of_them = {kind: resource(kind, *parameters) for kind, parameters in TYPES.items()} | changed
    resources = [one for one in all_of_them.values() if one]
    body = {"resourceType": "CapabilityStatement", "fhirVersion": version, "rest": [{"resource": resources}]}
    return Answer(body=body)
