"""Charts of every release of FHIR over the wire, and all FHIR that is answered checked by FHIR's own schema of R4."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fhir.resources.R4B.servicerequest import ServiceRequest

from tests.support.charts import Json, bundle
from tests.support.hooks import URL, fetched, request, told
from tests.support.r4_schema import R4Schema, r4_schema
from tests.support.releases import (
    condition,
    encounter,
    medication,
    patient,
    potassium,
    prescription,
    procedure,
    report,
)

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


@pytest.fixture(scope="module")
def schema(pytestconfig: pytest.Config) -> R4Schema:
    return r4_schema(pytestconfig)


def answer(client: httpx.Client, release: str) -> Json:
    """The answer to a chart in the shapes of a release."""
    return fetched(
        client,
        patient=patient(release),
        conditions=bundle([condition(release)]),
        labs=bundle([potassium(release)]),
        medications=bundle([prescription(release, "Reference"), medication(release)]),
        procedures=bundle([procedure(release, "Period")]),
        stays=bundle([encounter(release)]),
        reports=bundle([report(release)]),
    )


def bare(value: Any) -> Any:
    """Without uuids, which differ from call to call."""
    if isinstance(value, dict):
        return {key: bare(one) for key, one in value.items() if key != "uuid"}
    return [bare(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("release", ["STU3", "R5"])
def test_a_chart_of_another_release_gets_the_cards_that_it_gets_in_r4(client: httpx.Client, release: str) -> None:
    in_it, in_r4 = answer(client, release), answer(client, "R4")
    assert bare(in_it) == bare(in_r4)
    assert "leftOut" not in told(in_it)
    assert any("Potassium 2.9" in card["summary"] for card in in_it["cards"])
    assert any("digoxin" in card["detail"] for card in in_it["cards"])


def orders(response: Json) -> Iterator[Json]:
    for card in response["cards"]:
        for button in card.get("suggestions", []):
            yield from (action["resource"] for action in button["actions"])


def test_a_client_of_unknown_release_gets_orders_that_are_valid_r4(client: httpx.Client, schema: R4Schema) -> None:
    for release in ("STU3", "R4", "R5"):
        made = list(orders(answer(client, release)))
        assert made
        assert [said for one in made for said in schema.complaints(one)] == []


def test_every_order_in_the_fixtures_is_valid_r4(schema: R4Schema) -> None:
    responses = {path.parent.name: json.loads(path.read_bytes()) for path in FIXTURES.glob("*/*/response.json")}
    made = [(name, order) for name, response in responses.items() for order in orders(response)]
    assert len({name for name, _ in made}) > len(responses) / 2
    assert [(name, said) for name, order in made for said in schema.complaints(order)] == []
    for _, order in made:
        ServiceRequest.model_validate(order)  # R4B, which for an order is R4, and knows more: required primitives


def test_every_failure_is_a_valid_r4_outcome(client: httpx.Client, schema: R4Schema) -> None:
    failures = (
        client.post(URL, json={}),
        client.get("/nowhere"),
        client.get(URL),
        client.post(URL, json=request(prefetch=None)),
        client.post(URL, content="x", headers={"content-type": "text/plain"}),
    )
    assert [one.status_code for one in failures] == [400, 404, 405, 412, 415]
    assert [said for one in failures for said in schema.complaints(one.json())] == []


def test_the_schema_of_r4_refuses_an_outcome_with_a_foreign_element(client: httpx.Client, schema: R4Schema) -> None:
    outcome = client.get("/nowhere").json()
    assert schema.complaints(outcome | {"detail": "Not Found"})
    assert schema.complaints({"resourceType": "OperationOutcome", "issue": [{"severity": "bad", "code": "invalid"}]})
