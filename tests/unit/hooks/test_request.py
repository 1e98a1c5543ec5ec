"""A call decoded in one pass with its prefetch reads as one whose values are decoded apart."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw

from app.errors import MalformedRequest
from app.fhir.prefetch import Inputs, Prefetch, read_inputs
from app.fhir.templates import TEMPLATES
from app.hooks.request import AsItCame, decode_request
from tests.support.charts import Json, bundle, foot_drop, patient, potassium
from tests.unit.chart.test_fast_and_careful import ANY, BUNDLES

KEYS = [*(template.key for template in TEMPLATES), "another"]
NOT_FHIR = st.sampled_from([[], {}, "x", 5, True, {"resourceType": "Coverage"}, {"resourceType": 5}, bundle([{}])])
PREFETCH = st.dictionaries(st.sampled_from(KEYS), st.none() | BUNDLES | ANY | NOT_FHIR, max_size=4)


def call(prefetch: Json) -> Json:
    return {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/1", "patientId": "p1"},
        "prefetch": prefetch,
    }


def inputs_of(prefetch: Prefetch | None) -> Inputs | str:
    try:
        return read_inputs(prefetch, "p1")
    except MalformedRequest as error:
        return str(error)


@settings(deadline=None)
@given(PREFETCH)
def test_both_ways_read_the_same_inputs(prefetch: Json) -> None:
    body = json.dumps(call(prefetch)).encode()
    apart = msgspec.json.decode(body, type=AsItCame)
    assert inputs_of(decode_request(body, "patient-view").prefetch) == inputs_of(apart.prefetch)


def test_prefetch_that_is_valid_fhir_is_decoded_with_the_call() -> None:
    body = json.dumps(call({"patient": patient(), "labs": bundle([potassium(2.4)])})).encode()
    values = (decode_request(body, "patient-view").prefetch or {}).values()
    assert not any(isinstance(value, Raw) for value in values)


@pytest.mark.parametrize("flaw", [b'{"resourceType":"Patient","id":"\xff"}', b"[" * 60 + b"]" * 60])
def test_a_value_that_cannot_be_read_spoils_none_of_the_others(flaw: bytes) -> None:
    body = json.dumps(call({"conditions": bundle([foot_drop()]), "labs": "flaw"})).encode().replace(b'"flaw"', flaw)
    inputs = read_inputs(decode_request(body, "patient-view").prefetch, "p1")
    told = {template.key: one for template, one in inputs.items()}
    assert told["conditions"].tells
    assert told["labs"].unavailable == "is not a FHIR resource"
