"""Protocol F4 in production: which FHIR servers are called for whom; and what a client's registration changes (R8)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import fhir.resources.servicerequest
import httpx
import pytest

from app.clients.read import ClientsError
from app.main import create_app
from tests.support.charts import Json, bundle, foot_drop, patient, potassium
from tests.support.fetching import UNREGISTERED
from tests.support.fhir_server import Answer, FhirServer
from tests.support.hooks import URL, answered, reaching, request, told, unavailable, without
from tests.support.hospital import hospital, production, registration, signed
from tests.support.tokens import ISSUER, signer
from tests.support.verifying import EHR, OTHER, OTHER_ISSUER

R5_SPEAKER, STU3_SPEAKER, PORTAL, HURRIED = (signer() for _ in range(4))
R5_ISSUER, STU3_ISSUER, PORTAL_ISSUER, HURRIED_ISSUER = (
    f"https://{name}.example.org" for name in ("r5", "stu3", "portal", "hurried")
)


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[FhirServer, FhirServer]]:
    """The FHIR servers of two clients."""
    with FhirServer([patient(), foot_drop()]) as one, FhirServer([patient(), foot_drop()]) as two:
        yield one, two


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, servers: tuple[FhirServer, FhirServer]) -> Iterator[httpx.Client]:
    one, two = servers
    clients = (
        registration(EHR, ISSUER, fhir_servers=[one.url]),
        registration(OTHER, OTHER_ISSUER, fhir_servers=[{"url": two.url, "version": "R4"}]),
        registration(R5_SPEAKER, R5_ISSUER, fhir_servers=[{"url": one.url, "version": "R5"}]),
        registration(STU3_SPEAKER, STU3_ISSUER, fhir_servers=[{"url": one.url, "version": "3.0.2"}]),
        registration(PORTAL, PORTAL_ISSUER, patient_users=True),
        registration(HURRIED, HURRIED_ISSUER, fhir_servers=[one.url], fetch_budget=0.3),
    )
    with hospital(tmp_path_factory.mktemp("hospital"), *clients, fetch_budget=30) as client:
        client.timeout = httpx.Timeout(20)
        yield client


@pytest.fixture(autouse=True)
def forget(servers: tuple[FhirServer, FhirServer]) -> None:
    for one in servers:
        one.seen.clear()
        one.on("Observation")


def post(service: httpx.Client, body: Json, by: Any = EHR, iss: str = ISSUER) -> Json:
    return answered(service.post(URL, json=body, headers=signed(URL, by, iss=iss)))


def test_f4_a_client_s_own_server_is_called_for_it(
    service: httpx.Client, servers: tuple[FhirServer, FhirServer]
) -> None:
    body = post(service, reaching(f"{servers[0].url}/", prefetch=without("labs")))
    assert len(servers[0].asked("Observation")) == 1
    assert unavailable(body) == {}


def test_f4_the_server_of_another_client_is_not_called(
    service: httpx.Client, servers: tuple[FhirServer, FhirServer]
) -> None:
    body = post(service, reaching(servers[1].url, prefetch=without("labs")))
    assert servers[1].seen == []
    assert unavailable(body) == {"labs": UNREGISTERED}


def test_f4_in_production_loopback_is_no_exception(service: httpx.Client) -> None:
    with FhirServer() as unlisted:
        post(service, reaching(unlisted.url, prefetch=without("labs")))
        assert unlisted.seen == []


@pytest.mark.parametrize("path", ["", "/fhir/../other", "/other", "/fhir2"])
def test_f4_another_path_of_a_registered_server_is_not_called(
    service: httpx.Client, servers: tuple[FhirServer, FhirServer], path: str
) -> None:
    post(service, reaching(f"{servers[0].origin}{path}", prefetch=without("labs")))
    assert servers[0].seen == []


def test_f4_a_redirect_does_not_carry_the_token_away(
    service: httpx.Client, servers: tuple[FhirServer, FhirServer]
) -> None:
    """Not even to a server that is registered, for another client."""
    one, two = servers
    one.on("Observation", Answer(status=307, headers={"Location": f"{two.url}/Observation"}))
    body = post(service, reaching(one.url, prefetch=without("labs")))
    assert two.seen == []
    assert "a redirect, which is not followed" in unavailable(body)["labs"]


def test_f4_a_next_link_does_not_carry_the_token_away(
    service: httpx.Client, servers: tuple[FhirServer, FhirServer]
) -> None:
    one, two = servers
    link = [{"relation": "next", "url": f"{two.url}/Observation?page=2"}]
    one.on("Observation", Answer(bundle([potassium(2.4)], link=link)))
    body = post(service, reaching(one.url, prefetch=without("labs")))
    assert two.seen == []
    assert "leads to another server" in unavailable(body)["labs"]


@pytest.mark.parametrize("server", ["http://fhir.example.org", "http://10.1.2.3/fhir"])
def test_f1_a_server_without_https_cannot_be_registered(tmp_path: Any, server: str) -> None:
    settings = production(tmp_path, registration(fhir_servers=[server]))
    with pytest.raises(ClientsError, match="https was expected"):
        create_app(settings)


def test_c6_with_everything_in_prefetch_no_server_is_asked(
    service: httpx.Client, servers: tuple[FhirServer, FhirServer]
) -> None:
    assert post(service, reaching(servers[1].url), OTHER, OTHER_ISSUER)["cards"]
    assert servers[1].seen == []


def test_c6_the_budget_of_a_client_is_its_own(service: httpx.Client, servers: tuple[FhirServer, FhirServer]) -> None:
    """The service itself would wait for half a minute, which the caller does not."""
    servers[0].on("Observation", Answer(ending="silent"))
    body = post(service, reaching(servers[0].url, prefetch=without("labs")), HURRIED, HURRIED_ISSUER)
    assert "did not answer in time" in unavailable(body)["labs"]


def orders(body: Json) -> list[Json]:
    buttons = [button for card in body["cards"] for button in card.get("suggestions", [])]
    return [action["resource"] for button in buttons for action in button["actions"]]


def test_r5_a_client_of_r5_gets_orders_in_r5(service: httpx.Client, servers: tuple[FhirServer, FhirServer]) -> None:
    made = orders(post(service, reaching(servers[0].url), R5_SPEAKER, R5_ISSUER))
    assert made
    for order in made:
        assert set(order["code"]) == {"concept"}
        fhir.resources.servicerequest.ServiceRequest.model_validate(order)


def test_r5_a_client_of_stu3_gets_its_advice_in_words_and_no_orders(
    service: httpx.Client, servers: tuple[FhirServer, FhirServer]
) -> None:
    body = post(service, reaching(servers[0].url), STU3_SPEAKER, STU3_ISSUER)
    assert body["cards"]
    assert orders(body) == []
    assert not any({"suggestions", "selectionBehavior"} & set(card) for card in body["cards"])
    assert any("**Consider:**" in card["detail"] for card in body["cards"])


@pytest.mark.parametrize(("said", "shape"), [("5.0.0", {"concept"}), ("4.0.1", {"coding", "text"})])
def test_r5_the_release_is_asked_of_a_server_whose_release_is_not_registered(
    unhurried: httpx.Client, said: str, shape: set[str]
) -> None:
    with FhirServer([patient()]) as server:
        server.on("metadata", Answer({"resourceType": "CapabilityStatement", "fhirVersion": said}))
        server.on("Observation", Answer(bundle([]), latency=0.5))  # what is fetched gives the release time to come
        body = answered(unhurried.post(URL, json=reaching(server.url, prefetch=without("labs"))))
        assert "authorization" not in server.asked("metadata")[0].headers
    assert {frozenset(order["code"]) for order in orders(body)} == {frozenset(shape)}


def test_c2_a_client_may_be_registered_for_portal_users(service: httpx.Client) -> None:
    """Without that, they get no cards."""
    context = {"userId": "Patient/p1", "patientId": "p1"}
    assert post(service, request(context=context), PORTAL, PORTAL_ISSUER)["cards"]
    body = post(service, request(context=context))
    assert body["cards"] == []
    assert "patient" in told(body)["notEvaluated"]


FIELDS_OF_2_0 = {
    "response": {"cards", "systemActions", "extension"},
    "card": {
        "uuid",
        "summary",
        "detail",
        "indicator",
        "source",
        "suggestions",
        "selectionBehavior",
        "overrideReasons",
        "links",
    },
    "source": {"label", "url", "icon", "topic"},
    "suggestion": {"label", "uuid", "isRecommended", "actions"},
    "action": {"type", "description", "resource", "resourceId"},
    "link": {"label", "url", "type", "appContext"},
}


def test_r8_nothing_is_sent_that_2_0_does_not_know(service: httpx.Client) -> None:
    body = post(service, request())
    cards = body["cards"]
    buttons = [button for card in cards for button in card["suggestions"]]
    links = [link for card in cards for link in card["links"]]
    assert cards
    assert buttons
    assert links
    assert set(body) <= FIELDS_OF_2_0["response"]
    assert all(set(one) <= FIELDS_OF_2_0["card"] for one in cards)
    assert all(set(one["source"]) <= FIELDS_OF_2_0["source"] for one in cards)
    assert all(set(one) <= FIELDS_OF_2_0["suggestion"] for one in buttons)
    assert all(set(action) <= FIELDS_OF_2_0["action"] for one in buttons for action in one["actions"])
    assert all(set(one) <= FIELDS_OF_2_0["link"] for one in links)


def test_r8_discovery_adds_nothing_to_2_0_but_what_3_0_clients_look_for(service: httpx.Client) -> None:
    """A client of 2.0 ignores these two."""
    (one,) = answered(service.get("/cds-services", headers=signed("/cds-services")))["services"]
    known = {"hook", "title", "description", "id", "prefetch", "usageRequirements"}
    assert set(one) - known == {"version", "hookVersion"}


def test_r8_a_client_of_3_0_is_answered_as_one_of_2_0(
    service: httpx.Client, servers: tuple[FhirServer, FhirServer]
) -> None:
    """3.0 adds `patient` to fhirAuthorization, and lets clients announce what they can do."""
    older, newer = reaching(servers[0].url), reaching(servers[0].url)
    newer["fhirAuthorization"] = {**newer["fhirAuthorization"], "patient": "p1"}
    newer["extension"] = {"org.example.capabilities": {"systemActions": True}}
    answers = [post(service, body) for body in (older, newer)]
    assert [card["summary"] for card in answers[0]["cards"]] == [card["summary"] for card in answers[1]["cards"]] != []
    assert [set(one) for one in answers] == [{"cards", "extension"}] * 2
