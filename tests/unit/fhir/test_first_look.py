"""A first look either leaves a chart to a closer one, or says what that would say: no card, and why."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import fields

from app.errors import MalformedRequest
from app.fhir.first_look import SOURCES, FirstLook, read_first_look
from app.fhir.prefetch import read_prefetch
from app.fhir.templates import TEMPLATES
from app.hooks.request import decode_first_look, decode_request
from app.pipeline import Reasoned, reason, reason_on_silence
from tests.support.charts import (
    LOINC,
    NOW,
    PATIENT_ID,
    SNOMED,
    Json,
    bundle,
    concept,
    condition,
    days_ago,
    foot_drop,
    lexicon,
    observation,
    patient,
    potassium,
    prescription,
    resource,
)
from tests.support.hooks import KEYS, prefetch, request
from tests.unit.chart.test_fast_and_careful import ANY, BUNDLES

OTHERS: Json = {"subject": {"reference": "Patient/p2"}}
OUTCOME: Json = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "processing"}]}
UNREAD = [key for key, source in SOURCES.items() if source == "unread"]
URINE = observation("u", concept("Nitrite in urine", (LOINC, "5802-4")), valueString="Negative")
GLUCOSE = observation(
    "g", concept("Glucose in urine"), valueCodeableConcept=concept("Not detected", (SNOMED, "260415000"))
)


def quiet(**values: Any) -> Json:
    """All keys: a patient who has hypertension, and nothing else found."""
    return prefetch(**{"conditions": bundle([condition("c", concept("Essential hypertension"))]), **values})


def looked_at(sent: Json) -> Reasoned | None:
    """What a first look says of these prefetch values."""
    asked = decode_first_look(json.dumps(request(prefetch=sent)).encode(), "patient-view")
    first = asked and read_first_look(asked.prefetch, PATIENT_ID)
    return reason_on_silence(first.chart, first.answers, lexicon(), NOW) if first else None


def read_closely(sent: Json) -> Reasoned:
    """What a closer one says."""
    whole = decode_request(json.dumps(request(prefetch=sent)).encode(), "patient-view").prefetch
    return reason(read_prefetch(whole, PATIENT_ID), lexicon(), NOW)


VALUES = (
    st.none() | BUNDLES | ANY | st.builds(lambda one: bundle([one]), st.sampled_from([URINE, GLUCOSE, foot_drop()]))
)


@settings(deadline=None, max_examples=400)
@given(st.dictionaries(st.sampled_from([key for key in KEYS if key != "patient"]), VALUES, max_size=4))
def test_what_a_first_look_says_is_what_a_closer_one_says(values: Json) -> None:
    found = looked_at(quiet(**values))
    if found is None:
        return
    closer = read_closely(quiet(**values))
    assert closer.conclusion.silent_because == found.conclusion.silent_because
    assert not closer.conclusion.advice
    assert all(one.reason.startswith("holds no") for one in closer.facts.unavailable)
    foreign = {one for one in closer.facts.left_out if one.reason == "of another patient"}
    assert foreign <= {*found.facts.left_out} <= {*closer.facts.left_out}


def test_it_knows_every_key_of_the_templates() -> None:
    assert [one.name for one in fields(FirstLook)] == [template.key for template in TEMPLATES]


def test_a_chart_that_records_no_weakness_needs_no_more() -> None:
    labs = [potassium(4.1), potassium(7.9, "k2"), URINE, GLUCOSE]
    found = looked_at(quiet(labs=bundle(labs), medications=bundle([prescription("m", concept("Simvastatin"))])))
    assert found
    assert found.conclusion.silent_because == "what was read records no weakness that is active and not refuted"
    assert not found.conclusion.advice
    assert not found.facts.left_out
    assert not found.conclusion.is_settled


@pytest.mark.parametrize("values", [{"birthDate": "2015-03-01"}, {"deceasedBoolean": True}])
def test_a_patient_who_is_not_evaluated_needs_no_more(values: Json) -> None:
    found = looked_at(quiet(patient=patient(**values)))
    assert found
    assert found.conclusion.is_settled


@pytest.mark.parametrize(
    "sent",
    [
        quiet(conditions=bundle([foot_drop()])),
        quiet(findings=bundle([observation("o", concept("Complaint"), valueString="leg weakness")])),
        quiet(labs=bundle([observation("o", concept("Complaint"), valueString="leg weakness")])),
        quiet(labs=bundle([observation("o", concept("Complaint"), valueCodeableConcept=concept("leg weakness"))])),
        quiet(labs=bundle([observation("o", concept("Foot drop", (SNOMED, "6077001")), valueBoolean=True)])),
        quiet(labs=bundle([observation("o", concept("Exam"), component=[{"code": concept("leg weakness")}])])),
    ],
    ids=["condition", "finding", "among labs", "coded among labs", "by its code among labs", "in a panel among labs"],
)
def test_whoever_may_be_weak_is_looked_at_closely(sent: Json) -> None:
    assert looked_at(sent) is None


@pytest.mark.parametrize("key", KEYS)
def test_a_key_that_is_missing_is_for_a_closer_look(key: str) -> None:
    assert looked_at({name: value for name, value in quiet().items() if name != key}) is None


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("value", ["x", [], {}, {"resourceType": "OperationOutcome", "issue": []}], ids=str)
def test_what_is_no_answer_is_for_a_closer_look(key: str, value: object) -> None:
    assert looked_at(quiet(**{key: value})) is None


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "elements",
    [
        {"link": [{"relation": "self", "url": "x"}, {"relation": "next", "url": "y"}]},
        {"total": 3},
        {"total": 3, "entry": [{"resource": OUTCOME, "search": {"mode": "outcome"}}]},
        {"entry": [{"resource": OUTCOME}]},
        {"entry": [{"response": {"status": "404"}}]},
    ],
    ids=["next page", "counts and holds none", "counts and informs", "failure", "failed request"],
)
def test_what_is_not_all_there_is_for_a_closer_look(key: str, elements: Json) -> None:
    assert looked_at(quiet(**{key: bundle([], **elements)})) is None


def test_information_about_a_search_is_no_failure() -> None:
    """Epic sends it with nearly every answer."""
    entries = [{"resource": OUTCOME, "search": {"mode": "outcome"}}, {"resource": URINE, "search": {"mode": "match"}}]
    for key in UNREAD:
        assert looked_at(quiet(**{key: bundle([], entry=entries)}))
        assert looked_at(quiet(**{key: bundle([], entry=entries[:1])}))


def test_a_bundle_that_says_that_it_is_whole_needs_no_more() -> None:
    whole = {"total": 1, "link": [{"relation": "self", "url": "x"}]}
    assert looked_at(quiet(labs=bundle([potassium(4.1)], **whole), orders=bundle([], total=0)))


@pytest.mark.parametrize("key", UNREAD)
@pytest.mark.parametrize("subject", ["Patient/p2", "urn:uuid:p2", "https://x/Patient/p2/_history/1"])
def test_what_is_another_patients_is_for_a_closer_look_which_names_it(key: str, subject: str) -> None:
    own, other = potassium(4.1), resource("Observation", "o", concept("x"), subject={"reference": subject})
    assert looked_at(quiet(**{key: bundle([own, own])}))
    for entries in ([other], [own, other], [other, own]):
        assert looked_at(quiet(**{key: bundle(entries)})) is None


def test_a_measurement_names_no_weakness_whatever_its_code() -> None:
    measured = observation("o", concept("Foot drop", (SNOMED, "6077001")), valueQuantity={"value": 3})
    assert looked_at(quiet(findings=bundle([measured]), labs=bundle([measured])))


def test_what_is_left_out_of_findings_is_named_at_once() -> None:
    ahead = observation("o", concept("Back pain"), valueBoolean=True, effectiveDateTime=days_ago(-9))
    found = looked_at(quiet(findings=bundle([ahead])))
    assert found
    assert [one.reference for one in found.facts.left_out] == ["Observation/o"]
    assert not found.facts.may_be_weak


def test_a_call_of_another_hook_is_refused_at_the_first_look() -> None:
    body = json.dumps(request(hook="order-sign", prefetch=quiet())).encode()
    with pytest.raises(MalformedRequest, match="hook"):
        decode_first_look(body, "patient-view")


def test_another_patients_condition_is_named_at_once() -> None:
    found = looked_at(quiet(conditions=bundle([foot_drop(**OTHERS)])))
    assert found
    assert [one.reference for one in found.facts.left_out] == ["Condition/weakness"]


@pytest.mark.parametrize("flaw", [{"subject": 5}, {"code": 5, "valueString": "x"}, {"code": None, "valueString": "x"}])
def test_what_cannot_be_read_at_a_glance_is_for_a_closer_look(flaw: Json) -> None:
    assert looked_at(quiet(labs=bundle([{**potassium(4.1), **flaw}]))) is None


def test_labs_that_cannot_be_used_are_named_for_patients_with_weakness_alone() -> None:
    unusable = bundle([potassium(2.4, unit=None), potassium(2.4, "k2", effectiveDateTime=days_ago(-9))])
    found = looked_at(quiet(labs=unusable))
    assert found
    assert found.facts.left_out == ()
    assert len(read_closely(prefetch(labs=unusable)).facts.left_out) == 2
