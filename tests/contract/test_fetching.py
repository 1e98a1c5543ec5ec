"""Protocol F1 to F5, and what prefetch leaves to be fetched (C4 to C6, P1 to P8), against a server that misbehaves."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.charts import NOW, Json, bundle, foot_drop, patient, potassium
from tests.support.fhir_server import OUTCOME, Answer, Behaviour, FhirServer, Seen
from tests.support.hooks import (
    AUTHORIZATION,
    KEYS,
    TOKEN,
    URL,
    answered,
    prefetch,
    reaching,
    refused,
    told,
    unavailable,
    without,
)
from tests.support.serving import development, serving

LOW = potassium(2.4)
TOO_LATE = "was not sent, and could not be fetched: the FHIR server did not answer in time"
HTML = Answer("<html><body>Please log in</body></html>", content_type="text/html")
BEARER = f"Bearer {TOKEN}"


@pytest.fixture
def server() -> Iterator[FhirServer]:
    with FhirServer([patient(), foot_drop(), LOW]) as running:
        yield running


def ask(client: httpx.Client, server: FhirServer, **elements: Any) -> httpx.Response:
    return client.post(URL, json=reaching(server.url, **elements))


def asked_for(server: FhirServer) -> set[str]:
    return {one.path.split("/")[0] for one in server.seen} - {"metadata"}


def says_potassium(body: Json) -> bool:
    return any("Potassium 2.4" in card["summary"] for card in body["cards"])


def page(resources: list[Json], following: str) -> Answer:
    return Answer(bundle(resources, link=[{"relation": "next", "url": following}]))


def endless(server: FhirServer) -> Behaviour:
    def next_page(_seen: Seen) -> Answer:
        number = len(server.seen)
        return page([potassium(4.0, f"k{number}")], f"{server.url}/Observation?page={number}")

    return next_page


def test_p1_what_prefetch_lacks_is_fetched(unhurried: httpx.Client, server: FhirServer) -> None:
    body = answered(ask(unhurried, server, prefetch=without("labs")))
    assert asked_for(server) == {"Observation"}
    assert says_potassium(body)
    assert unavailable(body) == {}


def test_p1_a_request_without_prefetch_is_answered_from_the_server(unhurried: httpx.Client, server: FhirServer) -> None:
    body = answered(ask(unhurried, server, prefetch=None))
    assert asked_for(server) >= {"Patient", "Condition", "Observation", "MedicationRequest", "ServiceRequest"}
    assert says_potassium(body)
    assert unavailable(body) == {}


def test_p2_a_null_is_not_asked_again(unhurried: httpx.Client, server: FhirServer) -> None:
    body = answered(ask(unhurried, server))
    assert asked_for(server) == set()
    assert not says_potassium(body)
    assert unavailable(body) == {}


@pytest.mark.parametrize("value", [OUTCOME, bundle([OUTCOME])])
def test_p4_what_the_client_failed_to_get_is_not_asked_again(
    unhurried: httpx.Client, server: FhirServer, value: Json
) -> None:
    body = answered(ask(unhurried, server, prefetch=prefetch(labs=value)))
    assert asked_for(server) == set()
    assert unavailable(body) == {"labs": "could not be fetched by the client"}


def test_p5_the_pages_that_follow_are_fetched_with_the_token(unhurried: httpx.Client, server: FhirServer) -> None:
    server.on("Observation", page([potassium(4.1, "second")], "?page=3"), Answer(bundle([LOW])))
    first = page([potassium(4.0, "first")], f"{server.url}/Observation?page=2").body
    body = answered(ask(unhurried, server, prefetch=prefetch(labs=first)))
    assert [one.parameters["page"] for one in server.asked("Observation")] == ["2", "3"]
    assert {one.headers["authorization"] for one in server.asked("Observation")} == {BEARER}
    assert says_potassium(body)
    assert unavailable(body) == {}


def test_p5_the_pages_of_an_open_server_are_fetched_without_a_token(
    unhurried: httpx.Client, server: FhirServer
) -> None:
    first = page([], f"{server.url}/Observation?page=2").body
    assert says_potassium(answered(ask(unhurried, server, prefetch=prefetch(labs=first), fhirAuthorization=None)))
    assert "authorization" not in server.asked("Observation")[0].headers


@pytest.mark.parametrize("value", ["<html>", 7, {"a": 1}, patient()])
def test_p8_what_the_client_sent_in_place_of_fhir_is_fetched(
    unhurried: httpx.Client, server: FhirServer, value: Any
) -> None:
    body = answered(ask(unhurried, server, prefetch=prefetch(labs=value)))
    assert says_potassium(body)
    assert unavailable(body) == {}


def test_p8_a_fetched_resource_that_is_not_valid_fhir_is_left_out(unhurried: httpx.Client, server: FhirServer) -> None:
    bad = {**potassium(4.0, "bad"), "valueQuantity": "much"}
    server.on("Observation", Answer(bundle([bad, LOW])))
    body = answered(ask(unhurried, server, prefetch=without("labs")))
    assert [one["reference"] for one in told(body)["leftOut"]] == ["Observation/bad"]
    assert says_potassium(body)


def test_c4_what_the_scope_leaves_out_is_not_asked_for(unhurried: httpx.Client, server: FhirServer) -> None:
    narrow = AUTHORIZATION | {"scope": "launch patient/Condition.read patient/Patient.rs"}
    body = answered(ask(unhurried, server, prefetch=without("labs", "conditions"), fhirAuthorization=narrow))
    assert asked_for(server) == {"Condition"}
    assert unavailable(body) == {
        "labs": "was not sent, and could not be fetched: the token's scope leaves out Observation"
    }


def test_c4_with_a_token_for_another_patient_nothing_is_fetched(unhurried: httpx.Client, server: FhirServer) -> None:
    foreign = AUTHORIZATION | {"patient": "somebody-else"}
    refused(ask(unhurried, server, prefetch=None, fhirAuthorization=foreign), 400)
    assert server.seen == []


def test_c5_fetched_resources_of_another_patient_are_left_out(unhurried: httpx.Client, server: FhirServer) -> None:
    foreign = {**potassium(2.0, "foreign"), "subject": {"reference": "Patient/other"}}
    server.on("Observation", Answer(bundle([foreign])))
    body = answered(ask(unhurried, server, prefetch=without("labs")))
    assert "foreign" not in str(body["cards"])
    assert [one["reference"] for one in told(body)["leftOut"]] == ["Observation/foreign"]


def test_c5_another_patient_fetched_is_not_reasoned_on(unhurried: httpx.Client, server: FhirServer) -> None:
    server.on("Patient/p1", Answer(patient(id="other", birthDate="2020-01-01")))
    body = answered(ask(unhurried, server, prefetch=without("patient")))
    assert "another Patient" in unavailable(body)["patient"]
    assert body["cards"], "a child's age was taken over"


def test_c6_a_server_that_never_answers_does_not_hold_the_answer_up(client: httpx.Client, server: FhirServer) -> None:
    server.on("Observation", Answer(ending="silent"))
    body = answered(ask(client, server, prefetch=without("labs")))
    assert body["cards"]
    assert unavailable(body) == {
        "labs": "was not sent, and could not be fetched: the FHIR server did not answer in time"
    }


def test_f1_the_token_goes_to_the_server_as_bearer(unhurried: httpx.Client, server: FhirServer) -> None:
    answered(ask(unhurried, server, prefetch=None))
    data = [one for one in server.seen if one.path != "metadata"]
    assert {one.headers["authorization"] for one in data} == {BEARER}
    assert {one.headers["accept"] for one in data} == {"application/fhir+json"}


def test_f1_the_token_is_gone_with_the_call(
    tmp_path: Path, server: FhirServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.on("Observation", Answer(ending="hung-up"))
    with caplog.at_level(logging.DEBUG, "app"), serving(development(tmp_path, log_level="debug"), lambda: NOW) as url:
        response = httpx.post(f"{url}{URL}", json=reaching(server.url, prefetch=without("labs")))
        answered(response)
    assert server.asked("Observation")[0].headers["authorization"] == BEARER
    kept = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert kept
    assert [file.name for file in kept if TOKEN.encode() in file.read_bytes()] == []
    assert TOKEN not in caplog.text
    assert TOKEN not in response.text


def test_f2_what_is_required_and_cannot_be_had_is_412_with_the_reason(
    unhurried: httpx.Client, server: FhirServer
) -> None:
    server.on("Condition", Answer(OUTCOME, status=500))
    issue = refused(ask(unhurried, server, prefetch=without("conditions")), 412)
    assert issue["expression"] == ["prefetch.conditions"]
    assert "`conditions`" in issue["diagnostics"]
    assert "answered 500" in issue["diagnostics"]


def test_f2_without_the_patient_it_goes_on_and_says_so(unhurried: httpx.Client, server: FhirServer) -> None:
    server.on("Patient/p1", Answer(OUTCOME, status=500))
    body = answered(ask(unhurried, server, prefetch=without("patient")))
    assert body["cards"]
    assert "answered 500" in unavailable(body)["patient"]


def test_f2_conditions_of_which_a_page_failed_are_412_when_nothing_triggers(
    unhurried: httpx.Client, server: FhirServer
) -> None:
    server.on("Condition", page([], "?page=2"), Answer(OUTCOME, status=403))
    issue = refused(ask(unhurried, server, prefetch=without("conditions")), 412)
    assert "cut short" in issue["diagnostics"]


def test_f2_conditions_of_which_a_page_failed_are_enough_when_they_trigger(
    unhurried: httpx.Client, server: FhirServer
) -> None:
    server.on("Condition", page([foot_drop()], "?page=2"), Answer(OUTCOME, status=403))
    body = answered(ask(unhurried, server, prefetch=without("conditions")))
    assert body["cards"]
    assert all("conditions" in card["detail"] for card in body["cards"])


def test_f3_missing_keys_are_fetched_in_parallel(unhurried: httpx.Client) -> None:
    """No answer is given before all questions have been asked."""
    with FhirServer([patient(), foot_drop(), LOW], after=len(KEYS)) as server:
        body = answered(ask(unhurried, server, prefetch=None))
    assert says_potassium(body)
    assert unavailable(body) == {}


def test_f3_all_pages_are_fetched(unhurried: httpx.Client, server: FhirServer) -> None:
    several = [page([potassium(4.0, f"k{n}")], f"Observation?page={n}") for n in range(1, 6)]
    server.on("Observation", *several, Answer(bundle([LOW])))
    assert says_potassium(answered(ask(unhurried, server, prefetch=without("labs"))))


def test_f3_what_does_not_arrive_in_time_is_unavailable_and_the_rest_counts(
    client: httpx.Client, server: FhirServer
) -> None:
    server.on("ServiceRequest", Answer(ending="silent"))
    body = answered(ask(client, server, prefetch=without("labs", "orders")))
    assert says_potassium(body)
    assert unavailable(body) == {"orders": TOO_LATE}


@pytest.mark.parametrize(
    "url", ["https://ehr.example.org/fhir", "http://10.0.0.1/fhir", "http://169.254.169.254/latest", "ftp://127.0.0.1/"]
)
def test_f4_in_development_no_other_machine_is_called(unhurried: httpx.Client, url: str) -> None:
    body = answered(unhurried.post(URL, json=reaching(url, prefetch=without("labs"))))
    assert unavailable(body) == {"labs": "was not sent"}


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (Answer(OUTCOME, status=401), "401"),
        (Answer(OUTCOME, status=403), "403"),
        (Answer(OUTCOME, status=404), "404"),
        (Answer(OUTCOME, status=429, headers={"Retry-After": "3600"}), "429"),
        (Answer(OUTCOME, status=500), "500"),
        (Answer("<html>", status=503), "503"),
        (HTML, "HTML or XML in place of JSON"),
        (Answer('{"resourceType": "Bundle", "entry": ['), "JSON that breaks off"),
        (Answer(OUTCOME), "an OperationOutcome"),
        (Answer(ending="hung-up"), "could not be reached"),
        (Answer(bundle([LOW]), ending="broken"), "broke off"),
        (endless, "more than 100 pages"),
        (page([LOW], "?same"), "the same page again"),
    ],
    ids=["401", "403", "404", "429", "500", "503", "html", "cut", "outcome", "hung up", "broken", "endless", "again"],
)
def test_f5_whatever_a_server_does_wrong_is_said(
    unhurried: httpx.Client, server: FhirServer, behaviour: Any, words: str
) -> None:
    server.on("Observation", endless(server) if behaviour is endless else behaviour)
    body = answered(ask(unhurried, server, prefetch=without("labs")))
    assert body["cards"]
    assert words in unavailable(body)["labs"]
    assert all("labs" in card["detail"] for card in body["cards"])


@pytest.mark.parametrize("ending", ["silent", "stalled", "dripping"])
def test_f5_a_server_that_never_comes_to_an_end_is_said(client: httpx.Client, server: FhirServer, ending: Any) -> None:
    server.on("Observation", Answer(bundle([LOW]), ending=ending, chunked=True))
    body = answered(ask(client, server, prefetch=without("labs")))
    assert "did not answer in time" in unavailable(body)["labs"]


@pytest.mark.parametrize("behaviour", [Answer(OUTCOME, status=404), HTML, Answer(ending="silent")])
def test_f5_where_conditions_come_to_nothing_it_is_never_an_empty_answer(
    client: httpx.Client, server: FhirServer, behaviour: Answer
) -> None:
    server.on("Condition", behaviour)
    issue = refused(ask(client, server, prefetch=without("conditions")), 412)
    assert "could not be fetched" in issue["diagnostics"]
