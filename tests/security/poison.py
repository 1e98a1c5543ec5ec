"""Calls in which everything that could tell who the patient is carries a marker."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import msgspec

MARKER = "Zq7xPoison"
Json = dict[str, Any]

_IDS = {"id", "reference", "fullUrl", "patientId", "userId", "encounterId"}
_PROSE = {"display", "text", "valueString", "conclusion", "family"}
_CODED = {"code", "medicationCodeableConcept", "vaccineCode"}
_HUMAN = {
    "name": [{"family": MARKER, "given": [MARKER], "text": MARKER, "prefix": [MARKER]}],
    "telecom": [{"system": "email", "value": f"{MARKER}@example.org"}],
    "address": [{"line": [MARKER], "city": MARKER, "postalCode": MARKER, "text": MARKER}],
    "contact": [{"name": {"family": MARKER}}],
    "photo": [{"contentType": "image/png", "data": MARKER, "title": MARKER}],
}


def poisoned(request: Json, fhir_server: str) -> Json:
    """The call with a marker in every id, name, note, extension, display text, and in the token.

    Numbers, dates, units and codes stay, for they decide which cards fire; a code that nobody knows stands beside them.
    """
    body: Json = _poison(copy.deepcopy(request), "")
    patient = body["context"]["patientId"]
    body["fhirServer"] = fhir_server
    body["fhirAuthorization"] = {
        "access_token": MARKER,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.read user/*.read",
        "subject": MARKER,
        "patient": patient,
    }
    body["extension"] = {MARKER: MARKER}
    body["prefetch"][MARKER] = {"resourceType": MARKER, "id": MARKER}
    return body


def _poison(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return _add({name: _poison(one, name) for name, one in value.items()}, key)
    if isinstance(value, list):
        return [_poison(one, key) for one in value]
    if isinstance(value, str) and key in _IDS:
        return value + MARKER
    if isinstance(value, str) and key in _PROSE:
        return f"{value} {MARKER}"
    return value


def _add(element: Json, key: str) -> Json:
    """What a resource or a CodeableConcept can hold besides what the fixture gives it."""
    if key in _CODED and "coding" in element:
        element["coding"].append({"system": f"urn:{MARKER}", "code": MARKER, "display": MARKER})
    if "resourceType" not in element or element["resourceType"] == "Bundle":
        return element
    element["identifier"] = [{"system": f"urn:{MARKER}", "value": MARKER}]
    element["extension"] = [{"url": f"urn:{MARKER}", "valueString": MARKER}]
    element["text"] = {"status": "generated", "div": f"<div>{MARKER}</div>"}
    if element["resourceType"] == "Patient":
        return element | _HUMAN
    return element | {"note": [{"text": MARKER, "authorString": MARKER}]}


def spoiled(call: Json) -> Iterator[bytes]:
    """The call, broken in ways that are answered with an error, with the marker where it is broken."""
    for path, value in _SPOILT:
        yield msgspec.json.encode(_with(call, path, value))
    whole = msgspec.json.encode(call)
    yield whole[: len(whole) // 2]
    yield whole.replace(MARKER.encode(), MARKER.encode() + b"\xff", 1)
    yield whole.replace(b'"expires_in":300', b'"expires_in":NaN')
    yield whole.replace(b'"prefetch":{', b'"prefetch":{' + b'"x":[' * 500, 1)
    yield b'{"%s": "%s", ' % (MARKER.encode(), MARKER.encode()) + whole[1:]
    yield msgspec.json.encode(MARKER)
    yield MARKER.encode()


def _with(body: Any, path: str, value: Any) -> Any:
    """The same with another value at a path."""
    name, _, rest = path.partition(".")
    return {**body, name: _with(body[name], rest, value) if rest else value}


_OUTCOME = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "processing", "diagnostics": MARKER, "details": {"text": MARKER}}],
}

_SPOILT: tuple[tuple[str, Any], ...] = (
    ("hook", MARKER),
    ("hookInstance", MARKER),
    ("context", MARKER),
    ("context.patientId", f"{MARKER}/../{MARKER}"),
    ("context.patientId", [MARKER]),
    ("context.userId", f"{MARKER}/{MARKER}"),
    ("context.encounterId", f"{MARKER} {MARKER}"),
    ("prefetch", [MARKER]),
    ("prefetch.patient.id", f"other-{MARKER}"),
    ("prefetch.conditions", _OUTCOME),
    ("prefetch.conditions", MARKER),
    ("prefetch", {"conditions": _OUTCOME, MARKER: None}),
    ("prefetch", {}),
    ("fhirServer", MARKER),
    ("fhirServer", f"http://{MARKER}.invalid/{MARKER}"),
    ("fhirServer", None),
    ("fhirAuthorization", MARKER),
    ("fhirAuthorization.patient", f"other-{MARKER}"),
    ("fhirAuthorization.token_type", MARKER),
    ("fhirAuthorization.expires_in", MARKER),
    ("fhirAuthorization.access_token", f"{MARKER}\r\nX-Evil: {MARKER}"),
    ("fhirAuthorization.scope", MARKER),
)

HEADERS = {
    "Authorization": f"Bearer {MARKER}.{MARKER}.{MARKER}",
    "Cookie": f"session={MARKER}",
    "Referer": f"http://127.0.0.1/{MARKER}",
    "User-Agent": MARKER,
    "X-Correlation-ID": f"not an id: {MARKER}",
    "traceparent": MARKER,
}

FEEDBACK: tuple[Json, ...] = (
    {
        "card": "00000000-0000-4000-8000-000000000000",
        "outcome": "overridden",
        "outcomeTimestamp": "2026-11-22T09:00:00Z",
        "overrideReason": {
            "reason": {"code": "patient-ineligible", "display": MARKER},
            "userComment": f"{MARKER} refuses",
        },
        "extension": {MARKER: MARKER},
    },
    {"card": MARKER, "outcome": MARKER, "outcomeTimestamp": MARKER, "acceptedSuggestions": [{"id": MARKER}]},
    {"card": "00000000-0000-4000-8000-000000000000", "outcome": MARKER, MARKER: MARKER},
)

RAW = (
    f"GET /{MARKER} HTTP/{MARKER}\r\n\r\n",
    f"{MARKER} {MARKER}\r\n\r\n",
    f"GET / HTTP/1.1\r\n{MARKER}\r\n\r\n",
    f"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: {MARKER}\r\n\r\n",
    f"POST /cds-services HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{MARKER}\r\n\r\n",
    f"GET / HTTP/1.1\r\nHost: {MARKER}\r\nUpgrade: {MARKER}\r\nConnection: upgrade\r\n\r\n",
)
"""What is no HTTP, or hardly."""
