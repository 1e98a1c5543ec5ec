"""CDS Hooks calls."""

from __future__ import annotations

from typing import Any

import httpx

from app.fhir.templates import TEMPLATES
from tests.support.charts import PATIENT_ID, Json, bundle, foot_drop, patient

URL = "/cds-services/leg-weakness-workup"
EVALUATION = "org.legwork.evaluation"
FEEDBACK = f"{URL}/feedback"
INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
KEYS = tuple(template.key for template in TEMPLATES)
TOKEN = "secret-token"  # noqa: S105 (a token of no server)
AUTHORIZATION: Json = {
    "access_token": TOKEN,
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "patient/*.read",
    "subject": "client",
}


def prefetch(**values: Any) -> Json:
    """All keys: a patient with foot drop, and nothing else found."""
    return {**dict.fromkeys(KEYS), "patient": patient(), "conditions": bundle([foot_drop()]), **values}


def request(**elements: Any) -> Json:
    """A call; an element given as None is left out."""
    body = {
        "hook": "patient-view",
        "hookInstance": INSTANCE,
        "context": {"userId": "Practitioner/u1", "patientId": PATIENT_ID},
        "prefetch": prefetch(),
        **elements,
    }
    return {key: value for key, value in body.items() if value is not None}


def call(client: httpx.Client, **elements: Any) -> Json:
    """The answer to a call that must succeed."""
    return answered(client.post(URL, json=request(**elements)))


def fetched(client: httpx.Client, **values: Any) -> Json:
    """The answer to a call with these prefetch values."""
    return call(client, prefetch=prefetch(**values))


def without(*keys: str) -> Json:
    """All prefetch keys but these."""
    return {key: value for key, value in prefetch().items() if key not in keys}


def reaching(server: str, **elements: Any) -> Json:
    """A call that says how the client's FHIR server is reached, with the token."""
    return request(**{"fhirServer": server, "fhirAuthorization": AUTHORIZATION, **elements})


def answered(response: httpx.Response) -> Json:
    """The answer to a call that must have succeeded."""
    assert response.status_code == 200, response.text
    body: Json = response.json()
    return body


def unavailable(body: Json) -> dict[str, str]:
    """What could not be had, and why."""
    return {one["input"]: one["reason"] for one in told(body).get("unavailable", [])}


def told(body: Json) -> Json:
    """What the answer says of its evaluation."""
    evaluation: Json = body["extension"][EVALUATION]
    return evaluation


def refused(response: httpx.Response, status: int) -> Json:
    """The one issue of an OperationOutcome with this status."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"].split(";")[0] in ("application/json", "application/fhir+json")
    body = response.json()
    assert body["resourceType"] == "OperationOutcome"
    assert "Traceback" not in response.text
    (issue,) = body["issue"]
    found: Json = issue
    return found
