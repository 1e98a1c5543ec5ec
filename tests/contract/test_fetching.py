"""Protocol F1 to F5, against a FHIR server that misbehaves."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.charts import NOW, bundle, foot_drop, patient, potassium
from tests.support.fetching import (
    BEARER,
    LOW,
    NO_BASE_URL,
    TOO_LATE,
    UNREGISTERED,
    ask,
    endless,
    page,
    says_potassium,
)
from tests.support.fhir_server import OUTCOME, Answer, FhirServer
from tests.support.hooks import KEYS, TOKEN, URL, answered, reaching, refused, request, unavailable, without
from tests.support.serving import development, serving

HTML = Answer("<html><body>Please log in</body></html>", content_type="text/html")


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
    ("url", "why"),
    [
        ("https://ehr.example.org/fhir", UNREGISTERED),
        ("http://10.0.0.1/fhir", UNREGISTERED),
        ("http://169.254.169.254/latest", UNREGISTERED),
        ("ftp://127.0.0.1/", NO_BASE_URL),
        ("http://127.0.0.1/fhir?x=1", NO_BASE_URL),
    ],
)
def test_f4_in_development_no_other_machine_is_called_and_it_is_said(
    unhurried: httpx.Client, url: str, why: str
) -> None:
    body = answered(unhurried.post(URL, json=reaching(url, prefetch=without("labs"))))
    assert unavailable(body) == {"labs": why}


@pytest.mark.parametrize(("url", "why"), [("https://ehr.example.org/fhir", UNREGISTERED), ("my EHR", NO_BASE_URL)])
def test_f2_a_server_that_may_not_be_called_is_named_as_the_reason(unhurried: httpx.Client, url: str, why: str) -> None:
    response = unhurried.post(URL, json=reaching(url, prefetch=without("conditions")))
    assert refused(response, 412)["diagnostics"] == f"prefetch `conditions` is needed and {why}"
    assert url not in response.text


def test_f2_without_a_server_what_was_not_sent_was_not_sent(unhurried: httpx.Client) -> None:
    issue = refused(unhurried.post(URL, json=request(prefetch=without("conditions"))), 412)
    assert issue["diagnostics"] == "prefetch `conditions` is needed and was not sent"


def test_f4_an_unregistered_server_is_no_failure_where_nothing_is_missing(unhurried: httpx.Client) -> None:
    body = answered(unhurried.post(URL, json=reaching("https://ehr.example.org/fhir")))
    assert body["cards"]
    assert unavailable(body) == {}


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
