"""The description of the interface: valid, complete, and true to what the service does."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.description.examples import ANSWERED_AT, CALL, written
from app.description.failures import FAILURES
from app.description.operations import OPERATIONS
from tests.support.charts import PATIENT_ID, Json, bundle, condition, patient, potassium
from tests.support.fhir_server import FhirServer
from tests.support.hooks import FEEDBACK, URL, answered, fetched, refused
from tests.support.hospital import hospital, registration
from tests.support.serving import development, serving

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
AS_JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def described(client: httpx.Client) -> Json:
    return answered(client.get("/openapi.json"))


@pytest.fixture(scope="module")
def closed(described: Json) -> Json:
    """The same, with no other members of objects than those that are described."""
    document: Json = json.loads(json.dumps(described))
    for schema in document["components"]["schemas"].values():
        schema["additionalProperties"] = False
    return document


def complaints(document: Json, schema: Json, value: Any) -> list[str]:
    """What a schema of the document has against a value."""
    found = Draft202012Validator({**schema, "components": document["components"]}).iter_errors(value)
    return [f"{error.json_path}: {error.message}" for error in found]


def model(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def operations(document: Json) -> Iterator[Json]:
    for methods in document["paths"].values():
        yield from methods.values()


def bodies(document: Json) -> Iterator[Json]:
    """Every Media Type Object."""
    for operation in operations(document):
        yield from operation.get("requestBody", {}).get("content", {}).values()
        yield from operation["responses"]["200"]["content"].values()
    for response in document["components"]["responses"].values():
        yield from response["content"].values()


def bare(value: Any) -> Any:
    """Without uuids, which differ from call to call."""
    if isinstance(value, dict):
        return {key: bare(one) for key, one in value.items() if key != "uuid"}
    return [bare(one) for one in value] if isinstance(value, list) else value


def test_it_is_valid_openapi_3_1(described: Json) -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(described).iter_errors()] == []


def test_every_route_is_described_and_nothing_else(described: Json) -> None:
    assert {one["operationId"] for one in operations(described)} == set(OPERATIONS)


def test_every_body_has_a_model_or_is_text_and_has_an_example(described: Json) -> None:
    for body in bodies(described):
        assert body["examples"]
        assert body["schema"] != {}


def test_every_example_fits_its_model(described: Json, closed: Json) -> None:
    examples = described["components"]["examples"]
    used = set()
    for body in bodies(described):
        for name in body["examples"]:
            used.add(name)
            assert complaints(closed, body["schema"], examples[name]["value"]) == [], name
    assert used | {"failure-405"} == set(examples)


def test_a_body_that_does_not_fit_is_noticed(closed: Json) -> None:
    good = written()["feedback-accepted"]
    assert complaints(closed, model("FeedbackBody"), good) == []
    assert complaints(closed, model("FeedbackBody"), {**good, "more": 1})
    assert complaints(closed, model("FeedbackBody"), {"feedback": [{}]})
    assert complaints(closed, model("OperationOutcome"), {"resourceType": "Outcome", "issue": []})


def test_the_example_of_an_answer_is_what_the_service_answers(tmp_path: Path) -> None:
    with serving(development(tmp_path), lambda: ANSWERED_AT) as url, httpx.Client(base_url=url) as client:
        answer = answered(client.post(URL, json=written()[CALL]))
        shown = client.get("/openapi.json").json()["components"]["examples"]["answer"]["value"]
    assert answer["cards"]
    assert bare(answer) == bare(shown)


def test_the_example_of_discovery_is_what_the_service_answers(client: httpx.Client, described: Json) -> None:
    assert described["components"]["examples"]["discovery"]["value"] == client.get("/cds-services").json()


def test_the_example_of_a_call_with_a_fhir_server_is_answered(unhurried: httpx.Client) -> None:
    with FhirServer([patient()]) as server:
        body = answered(unhurried.post(URL, json=written()["call-with-fhir-server"] | {"fhirServer": server.url}))
        assert server.asked("Condition")
    assert "unavailable" not in str(body)


@pytest.mark.parametrize("name", ["feedback-accepted", "feedback-overridden"])
def test_the_examples_of_feedback_are_accepted(client: httpx.Client, name: str) -> None:
    assert answered(client.post(FEEDBACK, json=written()[name])) == written()["nothing"]


def test_every_answer_to_an_operator_fits_its_model(tmp_path: Path, closed: Json) -> None:
    with serving(development(tmp_path)) as url, httpx.Client(base_url=url, timeout=30) as client:
        assert complaints(closed, model("SharedState"), answered(client.post("/operator/switches", json=SWITCH))) == []
        assert complaints(closed, model("SharedState"), answered(client.get("/operator/switches"))) == []
        assert answered(client.get("/operator/switches"))["switches"][0]["name"] == SWITCH["name"]
        assert complaints(closed, model("Reloaded"), answered(client.post("/operator/reload"))) == []
        assert complaints(closed, model("AuditReport"), answered(client.get("/operator/audit"))) == []
        assert complaints(closed, model("Summary"), answered(client.get("/feedback/summary"))) == []
        assert client.get("/feedback/summary", params={"format": "csv"}).headers["content-type"].startswith("text/csv")
        assert client.get("/feedback/export").text == written()["export-csv"]
        assert client.get("/metrics").headers["content-type"].startswith("text/plain")


SWITCH = written()["switch-off"]


def test_every_page_of_a_card_fits_its_model(client: httpx.Client, closed: Json) -> None:
    listed = client.get("/cards", headers=AS_JSON).json()
    assert complaints(closed, {"type": "array", "items": model("CardPage")}, listed) == []
    one = client.get(f"/cards/{listed[0]['id']}", headers=AS_JSON).json()
    assert complaints(closed, model("CardPage"), one) == []


def test_every_answer_in_the_fixtures_fits_its_model(closed: Json) -> None:
    answers = {path.parent.name: json.loads(path.read_bytes()) for path in FIXTURES.glob("*/*/response.json")}
    assert answers
    found = {name: complaints(closed, model("Answer"), answer) for name, answer in answers.items()}
    assert {name: said for name, said in found.items() if said} == {}


def test_every_call_in_the_fixtures_fits_its_model(described: Json) -> None:
    calls = {path.parent.name: json.loads(path.read_bytes()) for path in FIXTURES.glob("*/*/request.json")}
    found = {name: complaints(described, model("HookRequest"), call) for name, call in calls.items()}
    assert {name: said for name, said in found.items() if said} == {}


def test_an_answer_that_tells_of_everything_fits_its_model(client: httpx.Client, closed: Json) -> None:
    """What could not be had, was left out, is unknown, was withheld."""
    weak = condition("w", {"text": "leg weakness"}, onsetDateTime="2026-11-20")
    bad = {**potassium(3.0, "bad"), "valueQuantity": "much"}
    body = fetched(client, conditions=bundle([weak]), labs=bundle([bad, potassium(2.4)]), orders="<html>")
    told = body["extension"]["org.legwork.evaluation"]
    assert {"unavailable", "leftOut", "unknown", "suppressed"} <= set(told)
    assert complaints(closed, model("Answer"), body) == []


def test_a_portal_s_answer_fits_its_model(client: httpx.Client, closed: Json) -> None:
    context = {"userId": "Patient/p1", "patientId": PATIENT_ID}
    body = answered(client.post(URL, json={**written()[CALL], "context": context}))
    assert "notEvaluated" in str(body)
    assert complaints(closed, model("Answer"), body) == []


def test_failures_are_described_wherever_they_can_happen(described: Json) -> None:
    by_name = {one["operationId"]: set(map(int, one["responses"])) for one in operations(described)}
    assert set(map(int, described["components"]["responses"])) == set(FAILURES)
    for name, statuses in by_name.items():
        assert {200, 400, 403, 408, 413, 415, 431, 500, 503} <= statuses
        assert (401 in statuses) == (OPERATIONS[name].caller is not None)
    assert {name for name, statuses in by_name.items() if 412 in statuses} == {"call"}
    assert {name for name, statuses in by_name.items() if 404 in statuses} == {"call", "feedback", "one"}
    assert {name for name, statuses in by_name.items() if 422 in statuses} == {"summary", "export", "reload"}


def test_tokens_are_said_to_be_needed_where_they_are(described: Json, tmp_path: Path) -> None:
    with hospital(tmp_path, registration()) as production:
        document = answered(production.get("/openapi.json"))
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                url = path.format(service_id="leg-weakness-workup", card_id="cauda-equina")
                response = production.request(method, url)
                assert (response.status_code == 401) == bool(operation.get("security")), url
                assert {} not in operation.get("security", [])
    assert all({} in one["security"] for one in operations(described) if "security" in one)


def test_the_page_names_every_operation_model_and_failure(client: httpx.Client, described: Json) -> None:
    page = client.get("/docs").text
    anchors = set(re.findall(r'id="([^"]+)"', page))
    assert {one["operationId"] for one in operations(described)} <= anchors
    assert {f"model-{name}" for name in described["components"]["schemas"]} <= anchors
    assert {f"failure-{status}" for status in FAILURES} <= anchors
    assert set(re.findall(r'href="#([^"]+)"', page)) <= anchors


def test_the_page_needs_no_script_and_nothing_from_elsewhere(client: httpx.Client) -> None:
    response = client.get("/docs")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert "<script" not in response.text
    loaded = re.findall(r'<(?:link|img|iframe)[^>]+(?:href|src)="([^"]+)"', response.text)
    assert loaded == ["/cards/style.css"]
    assert client.get(loaded[0]).status_code == 200


def test_there_is_no_page_of_fastapi_s_own(client: httpx.Client) -> None:
    for path in ("/redoc", "/docs/oauth2-redirect"):
        refused(client.get(path), 404)


def test_a_browser_shows_the_page_without_complaint(client: httpx.Client, tmp_path: Path) -> None:
    shown, said = _browse(str(client.base_url.join("/docs")), tmp_path)
    assert "HookRequest" in shown
    assert said == []


def test_a_browser_s_complaints_are_heard(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    policy = "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'\">"
    page.write_text(f"<!doctype html>{policy}<script>document.title = 'run'</script>")
    _, said = _browse(page.as_uri(), tmp_path)
    assert any("Content Security Policy" in one for one in said)


def _browse(url: str, folder: Path) -> tuple[str, list[str]]:
    """The page as the browser understood it, and what it wrote to its console."""
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("chromium is not installed (Debian: apt-get install chromium)")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    command = [browser, *options, "--enable-logging=stderr", "--dump-dom", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)  # noqa: S603 (our own words)
    return done.stdout, [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
