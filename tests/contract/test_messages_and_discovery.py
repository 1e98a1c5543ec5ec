"""Protocol M1 to M4 and D1 to D5."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from tests.support.hooks import EVALUATION, FEEDBACK, URL, call, fetched, refused, request


def empties(value: Any, path: str = "$") -> list[str]:
    if isinstance(value, dict) and value:
        return [found for key, one in value.items() for found in empties(one, f"{path}.{key}")]
    if isinstance(value, list) and value:
        return [found for one in value for found in empties(one, f"{path}[]")]
    return [path] if value in (None, "", [], {}) else []


def service(client: httpx.Client) -> dict[str, Any]:
    (one,) = client.get("/cds-services").json()["services"]
    found: dict[str, Any] = one
    return found


def test_m1_answers_are_json_and_orders_are_fhir_json(client: httpx.Client) -> None:
    cards = call(client)["cards"]
    resources = [action["resource"] for one in cards for button in one["suggestions"] for action in button["actions"]]
    assert resources
    assert {one["resourceType"] for one in resources} == {"ServiceRequest"}


def test_m2_absent_fields_are_left_out(client: httpx.Client) -> None:
    assert empties(call(client)) == []
    assert empties(fetched(client, conditions=None)) == ["$.cards"]
    assert empties(client.get("/cds-services").json()) == []


def test_m3_unknown_fields_are_ignored(client: httpx.Client) -> None:
    strange = request(extension={"com.example": [1, {"a": None}]}, vendor="x")
    strange["context"]["practiceId"] = 7
    assert client.post(URL, json=strange).status_code == 200


def test_m3_our_extension_is_named_in_the_usage_requirements(client: httpx.Client) -> None:
    assert set(call(client)["extension"]) == {EVALUATION}
    assert EVALUATION in service(client)["usageRequirements"]


@pytest.mark.parametrize("declared", ["application/json", "application/fhir+json", "Application/JSON; charset=utf-8"])
def test_m4_json_and_fhir_json_are_accepted_and_answered_with_json(client: httpx.Client, declared: str) -> None:
    response = client.post(URL, content=json.dumps(request()), headers={"content-type": declared})
    assert response.status_code == 200
    assert response.headers["content-type"].split(";")[0] == "application/json"


@pytest.mark.parametrize("path", [URL, FEEDBACK])
@pytest.mark.parametrize("declared", ["text/plain", "application/xml", "application/x-www-form-urlencoded", ""])
def test_m4_any_other_content_type_is_415(client: httpx.Client, path: str, declared: str) -> None:
    refused(client.post(path, content=json.dumps(request()), headers={"content-type": declared}), 415)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"hello",
        b"<x/>",
        b"[]",
        b"null",
        b'"x"',
        b'{"hook": "\xff"}',
        b'{"prefetch": {"labs": ' + b"[" * 50000 + b"]" * 50000 + b"}}",
    ],
    ids=["empty", "cut", "word", "xml", "array", "null", "string", "not utf-8", "deep"],
)
def test_m4_a_body_that_is_no_json_object_is_400(client: httpx.Client, body: bytes) -> None:
    refused(client.post(URL, content=body, headers={"content-type": "application/json"}), 400)


@pytest.mark.parametrize("path", [URL, FEEDBACK])
@pytest.mark.parametrize("body", [b"", b" \n"])
def test_m4_of_an_empty_body_it_is_said_that_it_is_empty(client: httpx.Client, path: str, body: bytes) -> None:
    response = client.post(path, content=body, headers={"content-type": "application/json"})
    assert refused(response, 400)["diagnostics"] == "the body is empty"


@pytest.mark.parametrize(("path", "body"), [(URL, request()), (FEEDBACK, {"feedback": []})])
def test_m4_a_byte_order_mark_before_the_body_is_ignored(client: httpx.Client, path: str, body: Any) -> None:
    marked = b"\xef\xbb\xbf" + json.dumps(body).encode()
    response = client.post(path, content=marked, headers={"content-type": "application/json"})
    assert response.status_code == 200, response.text


@pytest.mark.parametrize("path", ["/cds-services", "/livez", "/readyz"])
def test_d1_discovery_and_probes_are_answered_to_head_as_to_get(client: httpx.Client, path: str) -> None:
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert {name: head.headers[name] for name in ("content-type", "content-length")} == {
        name: get.headers[name] for name in ("content-type", "content-length")
    }


def test_d1_discovery_lists_services(client: httpx.Client) -> None:
    response = client.get("/cds-services")
    assert response.status_code == 200
    assert isinstance(response.json()["services"], list)


def test_d2_the_service_says_what_it_is(client: httpx.Client) -> None:
    one = service(client)
    assert (one["id"], one["hook"], one["hookVersion"]) == ("leg-weakness-workup", "patient-view", "1.0")
    assert one["title"]
    assert one["description"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", one["version"])


def test_d3_templates_use_only_what_clients_can_fill_in(client: httpx.Client) -> None:
    for template in service(client)["prefetch"].values():
        assert set(re.findall(r"\{\{(.*?)\}\}", template)) <= {
            "context.patientId",
            "context.userId",
            "context.encounterId",
        }
        path, _, query = template.partition("?")
        names = [pair.split("=")[0] for pair in query.split("&")] if query else []
        assert len(names) == len(set(names))
        assert re.fullmatch(r"[A-Z][A-Za-z]+(/\{\{context\.patientId\}\})?", path)


def test_d4_the_hook_of_a_request_tells_services_of_one_id_apart(client: httpx.Client) -> None:
    services = client.get("/cds-services").json()["services"]
    served = {(one["id"], one["hook"]) for one in services}
    assert len(served) == len(services)
    for name, hook in served:
        assert client.post(f"/cds-services/{name}", json=request(hook=hook)).status_code == 200
        refused(client.post(f"/cds-services/{name}", json=request(hook=f"{hook}-2")), 400)


def test_d5_no_template_needs_what_only_3_0_clients_can_fill_in(client: httpx.Client) -> None:
    """Those of 2.0 know the fields of the context; 3.0 adds dates and more."""
    for template in service(client)["prefetch"].values():
        assert set(re.findall(r"\{\{(.*?)\}\}", template)) <= {"context.patientId"}


def test_d5_no_template_is_longer_than_2000_characters_filled_in(client: httpx.Client) -> None:
    for template in service(client)["prefetch"].values():
        assert len(re.sub(r"\{\{.*?\}\}", "x" * 64, template)) <= 2000


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_the_service_says_that_it_is_alive_and_ready(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 200
