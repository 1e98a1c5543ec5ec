"""The fixtures themselves: complete, dated in one world, and FHIR as an EHR would send it."""

from __future__ import annotations

from typing import Any

import msgspec
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.patient import Patient

from app.fhir.templates import TEMPLATES
from app.hooks.request import decode_request

NOW = "2026-11-22T09:00:00Z"
WITHOUT_A_KEY = {"labs-not-sent": "labs"}


def test_it_is_complete(scenario: Any) -> None:
    files = {path.name for path in scenario.folder.iterdir()}
    assert files == {"request.json", "expected.json", "response.json", "why.md"}


def test_it_lives_in_the_same_moment_as_all(scenario: Any) -> None:
    assert scenario.expected.now == NOW


def test_its_request_is_a_hook_call_with_every_key(scenario: Any) -> None:
    decode_request(scenario.request, "patient-view")
    sent = msgspec.json.decode(scenario.request)["prefetch"].keys()
    assert sent == {template.key for template in TEMPLATES} - {WITHOUT_A_KEY.get(scenario.folder.name)}


def test_its_resources_are_valid_fhir(scenario: Any) -> None:
    prefetch = msgspec.json.decode(scenario.request)["prefetch"]
    Patient.model_validate(prefetch.pop("patient"))
    for bundle in prefetch.values():
        if bundle is not None:
            Bundle.model_validate(bundle)
