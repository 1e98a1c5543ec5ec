"""Protocol C4 to C6 and P1 to P8, where the client's FHIR server can be asked for what prefetch lacks."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.charts import Json, bundle, patient, potassium
from tests.support.fetching import BEARER, LOW, TOO_LATE, ask, asked_for, page, says_potassium
from tests.support.fhir_server import OUTCOME, Answer, FhirServer
from tests.support.hooks import AUTHORIZATION, answered, prefetch, refused, told, unavailable, without


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
    assert unavailable(body) == {"labs": TOO_LATE}
