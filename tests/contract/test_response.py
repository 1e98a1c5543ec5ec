"""Protocol R1 to R11."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
from fhir.resources.R4B.servicerequest import ServiceRequest
from markdown_it import MarkdownIt

from tests.support.charts import SNOMED, Json, bundle, concept, condition, days_ago, foot_drop, potassium
from tests.support.hooks import URL, call, fetched, prefetch, request, told, unavailable, without

EVIL = "Foot drop <img src=x onerror=alert(1)> [x](http://evil.example) www.evil.example a@evil.example | b\n# c"


def rich(client: httpx.Client) -> Json:
    weak = condition("w", concept(EVIL, (SNOMED, "6077001")), onsetDateTime=days_ago(2))
    retention = condition("r", concept("urinary retention"), onsetDateTime=days_ago(1))
    return fetched(client, conditions=bundle([weak, retention]), labs=bundle([potassium(2.4)]))


def cards(client: httpx.Client) -> list[Json]:
    made: list[Json] = rich(client)["cards"]
    assert made
    return made


def buttons(client: httpx.Client) -> list[Json]:
    made = [button for card in cards(client) for button in card.get("suggestions", [])]
    assert made
    return made


def test_r1_no_advice_is_an_empty_array(client: httpx.Client) -> None:
    assert fetched(client, conditions=None)["cards"] == []


def test_r2_a_card_has_a_summary_under_140_characters(client: httpx.Client) -> None:
    assert all(0 < len(card["summary"]) < 140 for card in cards(client))


def test_r2_a_card_has_indicator_source_uuid_and_detail(client: httpx.Client) -> None:
    for card in cards(client):
        assert card["indicator"] in ("info", "warning", "critical")
        assert card["source"]["label"]
        assert card["source"]["url"].startswith("http")
        assert card["source"]["topic"]["system"] == "urn:legwork:card"
        assert card["source"]["topic"]["code"]
        assert card["source"]["topic"]["display"]
        assert str(UUID(card["uuid"])) == card["uuid"]
        assert card["detail"]


def test_r3_chart_text_cannot_change_what_is_seen(client: httpx.Client) -> None:
    page = MarkdownIt("gfm-like", {"linkify": True, "html": True})
    made = cards(client)
    assert any("onerror" in card["detail"] for card in made)
    for card in made:
        html = page.render(card["detail"])
        assert "<img" not in html
        assert "<a" not in html
        assert "<h1" not in html
        for row in html.split("<tr>")[1:]:
            assert row.count("<td>") + row.count("<th>") == 4
        assert "evil" not in card["summary"]


def test_r4_suggestions_come_with_a_selection_behaviour(client: httpx.Client) -> None:
    for card in cards(client):
        assert card.get("selectionBehavior") == ("any" if "suggestions" in card else None)
    for button in buttons(client):
        assert button["label"]
        assert str(UUID(button["uuid"])) == button["uuid"]


def test_r5_actions_carry_a_full_valid_resource(client: httpx.Client) -> None:
    for button in buttons(client):
        assert button["actions"]
        for action in button["actions"]:
            assert action["type"] == "create"
            assert action["description"]
            assert ServiceRequest.model_validate(action["resource"]).status == "draft"


def test_r6_override_reasons_are_codings(client: httpx.Client) -> None:
    for card in cards(client):
        assert card["overrideReasons"]
        for reason in card["overrideReasons"]:
            assert set(reason) == {"system", "code", "display"}
            assert reason["system"] == "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"


def test_r7_links_are_absolute(client: httpx.Client) -> None:
    for card in cards(client):
        for link in card.get("links", []):
            assert set(link) == {"label", "url", "type"}
            assert link["type"] == "absolute"
            assert link["url"].startswith("http")


def test_r8_there_are_no_system_actions(client: httpx.Client) -> None:
    body = rich(client)
    assert set(body) == {"cards", "extension"}
    assert not any("actionSelectionBehavior" in button for button in buttons(client))


def test_r9_every_failure_is_an_operation_outcome(client: httpx.Client) -> None:
    answers = {
        400: client.post(URL, json={}),
        404: client.get("/nowhere"),
        405: client.get(URL),
        412: client.post(URL, json=request(prefetch=None)),
        415: client.post(URL, content="x", headers={"content-type": "text/plain"}),
    }
    for status, response in answers.items():
        assert response.status_code == status
        issue: dict[str, Any] = response.json()["issue"][0]
        assert response.json()["resourceType"] == "OperationOutcome"
        assert issue["severity"] == "error"
        assert issue["code"]
        assert issue["diagnostics"]


def test_r10_what_could_not_be_evaluated_is_told_on_response_and_card(client: httpx.Client) -> None:
    body = call(client, prefetch={key: value for key, value in prefetch().items() if key != "labs"})
    assert [one["input"] for one in told(body)["unavailable"]] == ["labs"]
    assert body["cards"]
    assert all("labs" in card["detail"] for card in body["cards"])


def test_r10_a_child_is_told_apart_from_nothing_to_advise(client: httpx.Client) -> None:
    child = {"resourceType": "Patient", "id": "p1", "birthDate": "2015-01-01"}
    assert "18" in told(fetched(client, patient=child))["notEvaluated"]


def test_r10_a_chart_without_weakness_says_so_whether_or_not_all_of_it_was_read(client: httpx.Client) -> None:
    for sent in (prefetch(conditions=bundle([])), without("labs") | {"conditions": bundle([])}):
        body = call(client, prefetch=sent)
        assert body["cards"] == []
        assert told(body)["notEvaluated"] == "what was read records no weakness that is active and not refuted"
        assert unavailable(body) == ({} if "labs" in sent else {"labs": "was not sent"})


def bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: bare(one) for key, one in value.items() if key != "uuid"}
    return [bare(one) for one in value] if isinstance(value, list) else value


def test_r11_the_same_request_gets_the_same_cards(client: httpx.Client) -> None:
    assert bare(rich(client)) == bare(rich(client))


def test_r11_the_order_of_entries_does_not_change_the_cards(client: httpx.Client) -> None:
    one, two = foot_drop("a"), foot_drop("b", onsetDateTime=days_ago(1))
    forth, back = fetched(client, conditions=bundle([one, two])), fetched(client, conditions=bundle([two, one]))
    assert [card["summary"] for card in forth["cards"]] == [card["summary"] for card in back["cards"]]
