"""Protocol C1 to C5 and P1 to P8 (without fetching, for which see test_fetching.py), F2."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.charts import (
    PATIENT_ID,
    Json,
    bundle,
    concept,
    condition,
    days_ago,
    foot_drop,
    observation,
    patient,
    potassium,
)
from tests.support.hooks import (
    AUTHORIZATION,
    TOKEN,
    URL,
    call,
    fetched,
    prefetch,
    refused,
    request,
    told,
    unavailable,
    without,
)

OUTCOME: Json = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]}
CONTEXT = {"userId": "Practitioner/u1", "patientId": PATIENT_ID}


def send(client: httpx.Client, **elements: Any) -> httpx.Response:
    return client.post(URL, json=request(**elements))


@pytest.mark.parametrize("key", ["hook", "hookInstance", "context"])
def test_c1_a_required_field_that_is_missing_is_400_and_named(client: httpx.Client, key: str) -> None:
    assert key in str(refused(send(client, **{key: None}), 400))


@pytest.mark.parametrize("instance", ["", "1", 7, "d1577c69-dfbe-44ad-ba6d"])
def test_c1_a_hook_instance_that_is_no_uuid_is_400(client: httpx.Client, instance: Any) -> None:
    assert refused(send(client, hookInstance=instance), 400)["expression"] == ["hookInstance"]


@pytest.mark.parametrize(
    "context",
    [
        {},
        [],
        "x",
        {"userId": "Practitioner/u1"},
        {"patientId": "p1"},
        {**CONTEXT, "userId": "u1"},
        {**CONTEXT, "userId": "Device/u1"},
        {**CONTEXT, "userId": "Practitioner/"},
        {**CONTEXT, "userId": ""},
        {**CONTEXT, "patientId": ""},
        {**CONTEXT, "patientId": 1},
        {**CONTEXT, "patientId": "a/b"},
        {**CONTEXT, "encounterId": 1},
    ],
)
def test_c2_a_context_that_is_not_that_of_patient_view_is_400(client: httpx.Client, context: Any) -> None:
    refused(send(client, context=context), 400)


@pytest.mark.parametrize("user", ["Practitioner/COREPRACTITIONER1", "PractitionerRole/x-1.2", "Practitioner/ward_7"])
def test_c2_clinicians_get_cards(client: httpx.Client, user: str) -> None:
    assert call(client, context={**CONTEXT, "userId": user, "encounterId": "e1"})["cards"]


@pytest.mark.parametrize("user", ["Patient/p1", "RelatedPerson/r1"])
def test_c2_in_a_portal_there_are_no_cards_and_it_is_said(client: httpx.Client, user: str) -> None:
    body = call(client, context={**CONTEXT, "userId": user})
    assert body["cards"] == []
    assert "patient" in told(body)["notEvaluated"]
    assert set(told(body)["knowledge"]) == {"version", "hash"}


def test_c3_another_hook_is_400(client: httpx.Client) -> None:
    assert refused(send(client, hook="order-sign"), 400)["expression"] == ["hook"]


def test_c3_an_unknown_service_is_404(client: httpx.Client) -> None:
    refused(client.post("/cds-services/other", json=request()), 404)


@pytest.mark.parametrize(("method", "path"), [("GET", URL), ("PUT", URL), ("DELETE", URL), ("POST", "/cds-services")])
def test_c3_a_wrong_method_is_405_with_allow(client: httpx.Client, method: str, path: str) -> None:
    response = client.request(method, path)
    refused(response, 405)
    assert response.headers["allow"] == ("POST" if path == URL else "GET, HEAD")


@pytest.mark.parametrize("encounter", ["", None])
def test_c2_an_encounter_that_is_empty_is_none(client: httpx.Client, encounter: str | None) -> None:
    assert call(client, context={**CONTEXT, "encounterId": encounter})["cards"]


@pytest.mark.parametrize("patient", ["", None, PATIENT_ID, f"Patient/{PATIENT_ID}"])
def test_c4_the_patient_of_an_authorization_may_be_empty_or_a_reference(
    client: httpx.Client, patient: str | None
) -> None:
    token = {**AUTHORIZATION, "patient": patient}
    assert call(client, fhirServer="https://ehr.example/fhir", fhirAuthorization=token)["cards"]


@pytest.mark.parametrize("seconds", [300, "300", 300.0])
def test_c4_an_authorization_is_accepted_with_its_server(client: httpx.Client, seconds: Any) -> None:
    token = {**AUTHORIZATION, "expires_in": seconds, "patient": PATIENT_ID}
    body = call(client, fhirServer="https://ehr.example/fhir", fhirAuthorization=token)
    assert body["cards"]
    assert TOKEN not in str(body)


def test_c4_the_type_of_a_token_is_the_same_in_small_letters(client: httpx.Client) -> None:
    token = {**AUTHORIZATION, "token_type": "bearer"}
    assert call(client, fhirServer="https://ehr.example/fhir", fhirAuthorization=token)["cards"]


def test_c4_an_authorization_without_a_server_is_400(client: httpx.Client) -> None:
    refused(send(client, fhirAuthorization=AUTHORIZATION), 400)


@pytest.mark.parametrize(
    "change",
    [
        {"token_type": "Basic"},
        {"expires_in": "soon"},
        {"expires_in": 300.5},
        {"expires_in": -300.0},
        {"expires_in": True},
        {"expires_in": None},
        {"access_token": None},
        {"scope": None},
        {"subject": None},
        {"patient": "somebody-else"},
        {"patient": "Patient/somebody-else"},
        {"patient": "Patient/"},
    ],
)
def test_c4_an_authorization_that_is_not_right_is_400_and_keeps_its_secret(client: httpx.Client, change: Json) -> None:
    token = {key: value for key, value in {**AUTHORIZATION, **change}.items() if value is not None}
    response = send(client, fhirServer="https://ehr.example/fhir", fhirAuthorization=token)
    refused(response, 400)
    assert TOKEN not in response.text


def test_c5_resources_of_another_patient_are_left_out_and_counted(client: httpx.Client) -> None:
    foreign = {**potassium(2.0, "foreign"), "subject": {"reference": "Patient/other"}}
    body = fetched(client, labs=bundle([foreign]))
    assert "foreign" not in str(body["cards"])
    assert [one["reference"] for one in told(body)["leftOut"]] == ["Observation/foreign"]


@pytest.mark.parametrize(
    "reference", ["Patient/p1", "https://ehr.example/fhir/Patient/p1", "Patient/p1/_history/3", "urn:uuid:p1"]
)
def test_c5_every_way_to_name_the_patient_is_the_patient(client: httpx.Client, reference: str) -> None:
    own = {**foot_drop(), "subject": {"reference": reference}}
    assert fetched(client, conditions=bundle([own]))["cards"]


def test_c5_another_patient_prefetched_is_400(client: httpx.Client) -> None:
    refused(send(client, prefetch=prefetch(patient=patient(id="other"))), 400)


def test_c5_another_patient_prefetched_is_400_even_when_not_valid_fhir(client: httpx.Client) -> None:
    refused(send(client, prefetch=prefetch(patient=patient(id="other", birthDate=1960))), 400)


@pytest.mark.parametrize("key", ["labs", "findings", "medications", "orders", "procedures", "reports", "patient"])
def test_p1_an_absent_key_was_not_fetched_and_every_card_says_so(client: httpx.Client, key: str) -> None:
    body = call(client, prefetch=without(key))
    assert set(unavailable(body)) == {key}
    assert all(key in card["detail"] for card in body["cards"])


def test_p1_a_request_without_prefetch_is_412(client: httpx.Client) -> None:
    refused(send(client, prefetch=None), 412)


@pytest.mark.parametrize("key", ["conditions", "labs", "orders"])
def test_p2_null_means_that_there_is_nothing(client: httpx.Client, key: str) -> None:
    assert unavailable(fetched(client, **{key: None})) == {}


@pytest.mark.parametrize("empty", [{"resourceType": "Bundle"}, {"resourceType": "Bundle", "entry": []}])
def test_p3_an_empty_bundle_means_that_there_is_nothing(client: httpx.Client, empty: Json) -> None:
    body = fetched(client, conditions=empty)
    assert body["cards"] == []
    assert unavailable(body) == {}


@pytest.mark.parametrize("value", [OUTCOME, bundle([OUTCOME])])
def test_p4_an_operation_outcome_means_that_the_client_failed(client: httpx.Client, value: Json) -> None:
    assert set(unavailable(fetched(client, labs=value))) == {"labs"}


def test_p4_an_outcome_entry_is_information(client: httpx.Client) -> None:
    noted = {"resourceType": "Bundle", "entry": [{"resource": OUTCOME, "search": {"mode": "outcome"}}]}
    assert unavailable(fetched(client, labs=noted)) == {}


@pytest.mark.parametrize("value", ["<html>", 7, [], True, {}, {"a": 1}, patient()])
def test_p4_what_is_no_answer_to_the_query_is_unavailable(client: httpx.Client, value: Any) -> None:
    assert set(unavailable(fetched(client, labs=value))) == {"labs"}


FAILED_BATCH = {
    "resourceType": "Bundle",
    "type": "batch-response",
    "entry": [{"response": {"status": "401 Unauthorized"}}],
}
ANSWERED_BATCH = bundle([bundle([foot_drop()])], type="batch-response")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (bundle([potassium(2.0)]), "holds no Condition"),
        (bundle([{"resourceType": "AllergyIntolerance", "id": "a"}]), "holds no Condition"),
        (ANSWERED_BATCH, "holds no Condition"),
        (FAILED_BATCH, "could not be fetched by the client"),
        ({"resourceType": "Bundle", "type": "searchset", "total": 5}, "counts resources and holds none"),
        ({"resourceType": "Bundle", "type": "searchset", "total": 5, "entry": [{}]}, "counts resources and holds none"),
    ],
)
def test_p4_a_bundle_that_does_not_answer_the_query_is_no_empty_one(
    client: httpx.Client, value: Json, words: str
) -> None:
    assert words in refused(send(client, prefetch=prefetch(conditions=value)), 412)["diagnostics"]


@pytest.mark.parametrize("total", [0, None, "none"])
def test_p3_a_bundle_that_counts_nothing_is_empty(client: httpx.Client, total: Any) -> None:
    body = fetched(client, conditions={"resourceType": "Bundle", "type": "searchset", "total": total})
    assert unavailable(body) == {}


def test_p5_a_page_of_several_is_said_to_be_cut_short(client: httpx.Client) -> None:
    page = bundle([], link=[{"relation": "self", "url": "x"}, {"relation": "next", "url": "https://ehr.example/?p=2"}])
    body = fetched(client, labs=page)
    assert set(unavailable(body)) == {"labs"}
    assert "short" in unavailable(body)["labs"]


def test_p6_a_key_that_was_never_asked_for_is_ignored(client: httpx.Client) -> None:
    body = fetched(client, coverage="<html>", more=bundle([potassium(1.0)]))
    assert "leftOut" not in told(body)
    assert "unavailable" not in told(body)


def test_p7_resources_of_other_types_are_ignored(client: httpx.Client) -> None:
    extra = {"resourceType": "Practitioner", "id": "d", "name": [{"family": "x"}]}
    body = fetched(client, conditions=bundle([extra, foot_drop(), potassium(1.0)]))
    assert body["cards"]
    assert "leftOut" not in told(body)
    assert "Potassium 1" not in str(body["cards"])


@pytest.mark.parametrize(
    "bad",
    [
        {"resource": {**foot_drop("bad"), "onsetDateTime": 7}},
        {"resource": {**foot_drop("bad"), "code": "x"}},
        {"resource": {"resourceType": "Condition", "id": 7}},
        {"resource": {"id": "bad"}},
        {"resource": "x"},
        {"resource": None},
        {},
        {"fullUrl": 7, "resource": foot_drop("bad")},
        {"search": "match", "resource": foot_drop("bad")},
        None,
        "x",
    ],
)
def test_p8_what_is_not_valid_fhir_is_left_out_and_the_others_count(client: httpx.Client, bad: Any) -> None:
    several = {"resourceType": "Bundle", "entry": [bad, {"resource": foot_drop()}]}
    body = fetched(client, conditions=several)
    assert body["cards"]
    assert unavailable(body) == {}


def test_p8_what_was_left_out_is_named(client: httpx.Client) -> None:
    body = fetched(client, conditions=bundle([{**foot_drop("bad"), "onsetDateTime": 7}, foot_drop()]))
    assert [one["reference"] for one in told(body)["leftOut"]] == ["Condition/bad"]


@pytest.mark.parametrize("when", ["0001-01-01", "0001-01-01T00:00:00", "9999-12-31", "9999-12-31T23:59:59Z", "soon"])
@pytest.mark.parametrize("element", ["onsetDateTime", "recordedDate"])
def test_p8_no_date_makes_it_a_500(client: httpx.Client, element: str, when: str) -> None:
    weak = condition("w", concept("foot drop"), **{element: when})
    seen = observation("o", concept("foot drop"), valueBoolean=True, effectiveDateTime=when)
    body = fetched(
        client, conditions=bundle([weak]), findings=bundle([seen]), labs=bundle([potassium(2, effectiveDateTime=when)])
    )
    assert body["cards"]


def test_f2_without_conditions_and_without_a_trigger_it_is_412_and_the_key_is_named(client: httpx.Client) -> None:
    issue = refused(send(client, prefetch=without("conditions")), 412)
    assert "conditions" in issue["diagnostics"]
    assert "not sent" in issue["diagnostics"]


@pytest.mark.parametrize(
    "value",
    [
        OUTCOME,
        "<html>",
        {"resourceType": "Practitioner", "id": "x"},
        bundle([], link=[{"relation": "next", "url": "https://ehr.example/?p=2"}]),
        {"resourceType": "OperationOutcome", "id": 7},
    ],
)
def test_f2_conditions_that_could_not_be_had_are_412(client: httpx.Client, value: Any) -> None:
    refused(send(client, prefetch=prefetch(conditions=value)), 412)


def test_f2_when_something_triggers_all_the_same_every_card_says_what_is_missing(client: httpx.Client) -> None:
    seen = observation("o", concept("foot drop"), valueBoolean=True, effectiveDateTime=days_ago(1))
    body = call(client, prefetch={**without("conditions"), "findings": bundle([seen])})
    assert body["cards"]
    assert all("conditions" in card["detail"] for card in body["cards"])
