"""Pages of the cards, over a real server."""

from __future__ import annotations

from html import unescape

import httpx
import pytest

from app.catalogue.card_page import card_page
from tests.support.cards import toy
from tests.support.charts import knowledge

HTI_1 = {
    "bibliographic citation",
    "developer",
    "funding of the technical implementation",
    "release and revision",
    "race",
    "ethnicity",
    "language",
    "sexual orientation",
    "gender identity",
    "sex",
    "date of birth",
    "social determinants of health",
    "health status assessments",
}


@pytest.mark.parametrize("card", knowledge().cards, ids=lambda card: card.id)
def test_every_card_has_a_page_with_the_thirteen_source_attributes(client: httpx.Client, card) -> None:  # type: ignore[no-untyped-def]
    page = client.get(f"/cards/{card.id}", headers={"accept": "application/json"}).json()
    assert page["title"] == card.title
    assert set(page["sourceAttributes"]) == HTI_1
    assert {one["level"] for one in page["levels"]} == set(card.levels)
    assert page["cases"]


def test_a_page_is_html_for_people(client: httpx.Client) -> None:
    response = client.get("/cards/cauda-equina", headers={"accept": "text/html"})
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>Cauda equina syndrome</h1>" in response.text
    assert "{{" not in response.text


def test_a_page_runs_no_script_and_loads_nothing_from_elsewhere(client: httpx.Client) -> None:
    response = client.get("/cards/cauda-equina")
    assert response.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert client.get("/cards/style.css").headers["content-type"].startswith("text/css")


def test_on_a_phone_a_table_is_moved_sideways_and_its_words_stay_whole(client: httpx.Client) -> None:
    _, _, narrow = client.get("/cards/style.css").text.partition("@media (max-width")
    assert "main { overflow-x: auto; }" in narrow
    assert "td { overflow-wrap: break-word; }" in narrow


def test_all_cards_are_listed(client: httpx.Client) -> None:
    listed = client.get("/cards", headers={"accept": "application/json"}).json()
    assert [one["id"] for one in listed] == [card.id for card in knowledge().cards]
    assert client.get("/cards").text.count("<tr>") == len(listed) + 1


def test_a_card_that_does_not_exist_is_not_found(client: httpx.Client) -> None:
    response = client.get("/cards/no-such-card")
    assert response.status_code == 404
    assert response.json()["resourceType"] == "OperationOutcome"


def test_who_follows_the_link_of_a_retired_card_is_told_so_on_a_page(client: httpx.Client) -> None:
    response = client.get("/cards/retired", headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (response.status_code, response.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "no longer in use" in response.text


def test_a_browser_that_opens_the_service_gets_the_cards(client: httpx.Client) -> None:
    response = client.get("/", follow_redirects=True)
    assert (response.status_code, response.url.path) == (200, "/cards")


def test_what_a_card_file_says_is_escaped_on_its_page() -> None:
    page = card_page(toy("odd", title="<script>alert(1)</script>"), knowledge())
    assert page.title == "<script>alert(1)</script>"  # data stays data; the template escapes it


def test_a_page_shows_every_rule_and_caution_of_its_card(client: httpx.Client) -> None:
    for card in knowledge().cards:
        page = client.get(f"/cards/{card.id}", headers={"accept": "application/json"}).json()
        text = unescape(client.get(f"/cards/{card.id}").text)
        assert [one for one in page["rules"] if one["says"] not in text] == []
        assert [one for one in page["cautions"] if one["when"] not in text or one["text"] not in text] == []
        assert sum(one["about"] == "gives way" for one in page["rules"]) == len(card.yields_to)
        assert f"Review due: {page['reviewDue']}." in text
