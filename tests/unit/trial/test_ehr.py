"""A registered EHR is tried over real sockets: a key server, a FHIR server, each query."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
import pytest_asyncio

from app.chart.version import FhirVersion
from app.clients.client import Client, FhirServer
from app.fhir.templates import filled_templates
from app.outbound.client import OutboundClient, build_client
from app.outbound.policy import Policy
from app.trial.ehr.check import Outset, Trial, check_client
from app.trial.ehr.finding import Finding
from tests.support.capability import resource, statement
from tests.support.charts import bundle, foot_drop, knowledge, patient
from tests.support.fhir_server import Answer
from tests.support.fhir_server import FhirServer as Running
from tests.support.key_server import KeyServer, key_server
from tests.support.verifying import EHR, OTHER, client

TEMPLATES = filled_templates(knowledge().vocabulary)
TRIAL = Trial("p1", "a-token")


@pytest.fixture
def fhir() -> Iterator[Running]:
    with Running([patient(), foot_drop()]) as server:
        server.on("metadata", statement())
        yield server


@pytest.fixture
def keys() -> Iterator[KeyServer]:
    with key_server() as server:
        server.serve(EHR.public())
        yield server


@pytest_asyncio.fixture
async def http() -> AsyncIterator[OutboundClient]:
    async with build_client(Policy(loopback=True)) as opened:
        yield opened


def registered(keys: KeyServer, fhir: Running, version: FhirVersion | None = None) -> Client:
    return replace(client(), jwks=None, jku=keys.url, fhir_servers=(FhirServer(fhir.url, version),))


async def findings(one: Client, http: OutboundClient, trial: Trial | None = TRIAL, budget: float = 20) -> list[Finding]:
    outset = Outset(http, TEMPLATES, budget, trial)
    return [finding async for finding in check_client(one, outset)]


def failures(found: list[Finding]) -> dict[str, str]:
    return {one.what: one.told for one in found if one.verdict == "failed"}


def by_name(found: list[Finding], part: str, what: str) -> Finding:
    (one,) = [one for one in found if (one.part, one.what) == (part, what)]
    return one


async def test_an_ehr_that_has_everything_passes(keys: KeyServer, fhir: Running, http: OutboundClient) -> None:
    found = await findings(registered(keys, fhir), http)
    assert {one.verdict for one in found} == {"ok"}
    assert by_name(found, "keys", "key-1").told == "verifies ES384"
    assert by_name(found, "server", "FHIR version").told == "4.0.1 (R4)"
    assert {one.what.partition(":")[0] for one in found if one.part == "query"} == TEMPLATES.keys()
    assert by_name(found, "query", "conditions: Condition").told.startswith("1 page of 1 resources, 0.")


async def test_the_token_goes_to_the_queries_alone_and_into_no_finding(
    keys: KeyServer, fhir: Running, http: OutboundClient
) -> None:
    found = await findings(registered(keys, fhir), http)
    with_token = {one.path for one in fhir.seen if one.headers.get("authorization") == "Bearer a-token"}
    assert with_token == {one.path for one in fhir.seen} - {"metadata"}
    assert "a-token" not in f"{found}{TRIAL}"


async def test_without_a_token_no_query_is_tried(keys: KeyServer, fhir: Running, http: OutboundClient) -> None:
    found = await findings(registered(keys, fhir), http, trial=None)
    assert {one.path for one in fhir.seen} == {"metadata"}
    assert by_name(found, "query", fhir.url).verdict == "note"
    assert failures(found) == {}


async def test_what_the_server_does_not_offer_is_named(keys: KeyServer, fhir: Running, http: OutboundClient) -> None:
    observation = resource("Observation", "patient", "code")
    encounter = resource("Encounter", "patient", "class", interaction=[{"code": "read"}])
    fhir.on("metadata", statement(Observation=observation, Encounter=encounter, ServiceRequest=None))
    assert failures(await findings(registered(keys, fhir), http)) == {
        "labs: Observation": "not offered: category",
        "findings: Observation": "not offered: category",
        "stays: Encounter": "not offered: search-type",
        "orders: ServiceRequest": "the CapabilityStatement does not name this type",
    }


async def test_a_server_that_leaves_parameters_unsaid_is_no_failure(
    keys: KeyServer, fhir: Running, http: OutboundClient
) -> None:
    fhir.on("metadata", statement(Condition={"type": "Condition"}))
    found = await findings(registered(keys, fhir), http)
    assert by_name(found, "server", "conditions: Condition").verdict == "note"
    assert failures(found) == {}


@pytest.mark.parametrize(
    ("said", "told"),
    [("5.0.0", "registered as R4, and it is 5.0.0"), ("1.0.2", "FHIR version '1.0.2' is none of")],
)
async def test_the_version_must_be_the_registered_one_and_one_that_is_read(
    keys: KeyServer, fhir: Running, http: OutboundClient, said: str, told: str
) -> None:
    fhir.on("metadata", statement(said))
    found = await findings(registered(keys, fhir, FhirVersion.R4), http)
    assert told in failures(found)["FHIR version"]


async def test_a_server_that_is_no_fhir_server_fails(keys: KeyServer, fhir: Running, http: OutboundClient) -> None:
    fhir.on("metadata", Answer(body="<html>", content_type="text/html"))
    assert "CapabilityStatement" in failures(await findings(registered(keys, fhir), http))[f"{fhir.url}/metadata"]


async def test_queries_that_fail_are_named_with_the_reason(
    keys: KeyServer, fhir: Running, http: OutboundClient
) -> None:
    fhir.on("Condition", Answer(status=403))
    fhir.on("Procedure", Answer(body=bundle([foot_drop()]), ending="broken"))
    found = failures(await findings(registered(keys, fhir), http))
    assert "403 (the token does not allow this) (0 pages of 0 resources, " in found["conditions: Condition"]
    assert "broke off" in found["procedures: Procedure"]
    assert len(found) == 2


async def test_pages_are_counted(keys: KeyServer, fhir: Running, http: OutboundClient) -> None:
    link = [{"relation": "next", "url": f"{fhir.url}/Condition?page=2"}]
    fhir.on("Condition", Answer(body={**bundle([foot_drop()]), "link": link}), Answer(body=bundle([foot_drop("two")])))
    found = await findings(registered(keys, fhir), http)
    assert by_name(found, "query", "conditions: Condition").told.startswith("2 pages of 2 resources, ")


async def test_a_query_slower_than_the_budget_of_a_call_is_noted(
    keys: KeyServer, fhir: Running, http: OutboundClient
) -> None:
    fhir.on("Condition", Answer(body=bundle([]), latency=0.2))
    found = await findings(registered(keys, fhir), http, budget=0.1)
    slow = by_name(found, "query", "conditions: Condition")
    assert (slow.verdict, "a call has 0.1 s for all" in slow.told) == ("note", True)


async def test_a_scope_that_leaves_a_type_out_fails_before_anything_is_asked(
    keys: KeyServer, fhir: Running, http: OutboundClient
) -> None:
    found = await findings(registered(keys, fhir), http, Trial("p1", "a-token", "user/Condition.read"))
    assert "labs: Observation" in failures(found)
    assert "conditions: Condition" not in failures(found)
    assert not fhir.asked("Observation")


async def test_keys_that_cannot_be_had_or_used_fail(keys: KeyServer, fhir: Running, http: OutboundClient) -> None:
    keys.status = 500
    assert failures(await findings(registered(keys, fhir), http)) == {keys.url: "status 200 was expected, not 500"}
    keys.status, keys.body = 200, json.dumps({"keys": [OTHER.public(kty="oct")]}).encode()
    assert "no usable key" in failures(await findings(registered(keys, fhir), http))[keys.url]


async def test_an_algorithm_without_a_key_is_noted(keys: KeyServer, fhir: Running, http: OutboundClient) -> None:
    one = replace(registered(keys, fhir), algorithms=("ES384", "RS384"))
    assert by_name(await findings(one, http), "keys", "RS384").verdict == "note"


async def test_servers_that_may_not_be_called_are_not(keys: KeyServer, fhir: Running) -> None:
    async with build_client(Policy()) as http:
        found = failures(await findings(registered(keys, fhir), http))
    assert keys.url in found
    assert "may be called" in found[f"{fhir.url}/metadata"]
    assert (fhir.seen, keys.requests) == ([], [])


async def test_a_patient_whose_id_no_url_can_carry_is_refused(
    keys: KeyServer, fhir: Running, http: OutboundClient
) -> None:
    found = await findings(registered(keys, fhir), http, Trial("..", "a-token"))
    assert "id was expected" in failures(found)[fhir.url]
