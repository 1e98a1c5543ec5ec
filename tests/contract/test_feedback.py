"""Protocol B1 to B4: what is sent, and what an operator then reads."""

from __future__ import annotations

import csv
import json
import logging
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.charts import NOW, Json
from tests.support.hooks import FEEDBACK, call, refused
from tests.support.serving import development, serving

COMMENT = "Mr Miller was seen by Dr Maier"
AT = "2026-11-22T14:00:00Z"
REASON = {"system": "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes", "code": "action-completed"}


def accepted(card: str = "", *suggestions: str, **fields: Any) -> Json:
    chosen = [{"id": one} for one in suggestions or (str(uuid4()),)]
    item = {"card": card or str(uuid4()), "outcome": "accepted", "outcomeTimestamp": AT, "acceptedSuggestions": chosen}
    return {key: value for key, value in (item | fields).items() if value is not None}


def overridden(card: str = "", **fields: Any) -> Json:
    item = {"card": card or str(uuid4()), "outcome": "overridden", "outcomeTimestamp": AT}
    return {key: value for key, value in (item | fields).items() if value is not None}


def send(client: httpx.Client, *items: Any) -> httpx.Response:
    return client.post(FEEDBACK, json={"feedback": list(items)})


def stored(client: httpx.Client, *cards: str, **asked: Any) -> list[dict[str, str]]:
    """What the operator's export holds of these cards."""
    rows = csv.DictReader(client.get("/feedback/export", params=asked).text.splitlines())
    return [row for row in rows if row["uuid"] in cards]


@pytest.mark.parametrize(
    "item",
    [
        accepted(),
        accepted("", "one", "two"),
        overridden(),
        overridden(overrideReason={"reason": REASON}),
        overridden(overrideReason={"reason": {"code": "own-code"}}),
        overridden(overrideReason={"userComment": COMMENT}),
        overridden(overrideReason={"reason": {**REASON, "display": "Done"}, "userComment": COMMENT}),
        overridden(outcomeTimestamp="2026-11-22T15:00:00.123+01:00", extension={"a": 1}),
    ],
    ids=lambda item: "-".join(sorted(item)),
)
def test_b1_every_form_of_the_specification_is_accepted(client: httpx.Client, item: Json) -> None:
    response = send(client, item)
    assert response.status_code == 200
    (row,) = stored(client, item["card"])
    assert (row["uuid"], row["outcome"]) == (item["card"], item["outcome"])
    assert row["reason_code"] == item.get("overrideReason", {}).get("reason", {}).get("code", "")


def test_b1_a_comment_is_not_kept_unless_the_operator_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    item = overridden(overrideReason={"userComment": COMMENT})
    with (
        caplog.at_level(logging.DEBUG, "app"),
        serving(development(tmp_path), lambda: NOW) as url,
        httpx.Client(base_url=url, timeout=30) as client,
    ):
        assert send(client, item).status_code == 200
        assert stored(client, item["card"], comments=True)[0]["comment"] == ""
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert files
    assert [file.name for file in files if COMMENT.encode() in file.read_bytes()] == []
    assert COMMENT not in caplog.text


def test_b1_a_comment_that_is_kept_is_exported_only_on_request(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    item = overridden(overrideReason={"userComment": COMMENT})
    settings = development(tmp_path, feedback_comments=True)
    with (
        caplog.at_level(logging.DEBUG, "app"),
        serving(settings, lambda: NOW) as url,
        httpx.Client(base_url=url, timeout=30) as client,
    ):
        assert send(client, item).status_code == 200
        assert COMMENT not in client.get("/feedback/export").text
        assert COMMENT not in client.get("/feedback/summary").text
        assert stored(client, item["card"], comments=True)[0]["comment"] == COMMENT
    assert COMMENT not in caplog.text


def test_b2_a_card_may_be_reported_several_times_and_several_at_once(client: httpx.Client) -> None:
    one, two = str(uuid4()), str(uuid4())
    assert send(client, overridden(one), accepted(two)).status_code == 200
    assert send(client, accepted(one, "later")).status_code == 200
    assert [row["outcome"] for row in stored(client, one)] == ["overridden", "accepted"]
    assert [row["outcome"] for row in stored(client, two)] == ["accepted"]


def test_b2_an_identical_item_is_stored_once(client: httpx.Client) -> None:
    item = accepted()
    for _ in range(2):
        assert send(client, item, item).status_code == 200
    assert len(stored(client, item["card"])) == 1


def test_b3_what_was_acknowledged_is_there_after_a_new_start(tmp_path: Path) -> None:
    item = accepted()
    with serving(development(tmp_path), lambda: NOW) as url:
        assert httpx.post(f"{url}{FEEDBACK}", json={"feedback": [item]}).status_code == 200
    with serving(development(tmp_path), lambda: NOW) as url, httpx.Client(base_url=url) as client:
        assert len(stored(client, item["card"])) == 1


@pytest.mark.parametrize(
    ("bad", "where"),
    [
        ("x", "feedback[1]"),
        (accepted(outcome="ignored"), "feedback[1].outcome"),
        (accepted(outcomeTimestamp="yesterday"), "feedback[1].outcomeTimestamp"),
        (accepted(outcomeTimestamp="2026-11-22T14:00:00"), "feedback[1].outcomeTimestamp"),
        (accepted(acceptedSuggestions=[]), "feedback[1].acceptedSuggestions"),
        (accepted(acceptedSuggestions=None), "feedback[1].acceptedSuggestions"),
        (overridden(overrideReason={"reason": "x"}), "feedback[1].overrideReason.reason"),
        ({**accepted(), "card": 7}, "feedback[1].card"),
    ],
)
def test_b3_one_bad_item_is_400_is_named_and_nothing_is_stored(client: httpx.Client, bad: Any, where: str) -> None:
    good = accepted(), accepted()
    assert refused(send(client, good[0], bad, good[1]), 400)["expression"] == [where]
    assert stored(client, *(one["card"] for one in good)) == []


@pytest.mark.parametrize("body", [{}, [], {"feedback": None}, {"feedback": {}}])
def test_b3_a_body_that_holds_no_list_of_feedback_is_400(client: httpx.Client, body: Any) -> None:
    refused(client.post(FEEDBACK, json=body), 400)


def test_b3_while_the_database_is_away_it_is_503_and_not_200(tmp_path: Path) -> None:
    """A database that cannot be made: there is a folder in its place."""
    (tmp_path / "legwork.db").mkdir()
    with serving(development(tmp_path), lambda: NOW) as url:
        response = httpx.post(f"{url}{FEEDBACK}", json={"feedback": [accepted()]})
    refused(response, 503)
    assert int(response.headers["retry-after"]) > 0


def test_b4_feedback_for_a_card_that_was_never_issued_is_stored(client: httpx.Client) -> None:
    for foreign in (str(uuid4()), f"card-of-another-service-{uuid4()}"):
        assert send(client, accepted(foreign)).status_code == 200
        (row,) = stored(client, foreign)
        assert (row["card"], row["knowledge"]) == ("", "")


def test_b4_feedback_is_joined_to_its_card_when_it_is_read(client: httpx.Client) -> None:
    """It may arrive before the record of the card is written, which takes a moment."""
    card = call(client)["cards"][0]
    button = card["suggestions"][0]
    assert send(client, accepted(card["uuid"], button["uuid"])).status_code == 200
    for _ in range(200):
        (row,) = stored(client, card["uuid"])
        if row["card"]:
            break
        time.sleep(0.05)
    assert row["card"] == card["source"]["topic"]["code"]
    assert row["knowledge"]
    assert row["accepted"] not in ("", "(unknown)")
    (line,) = [one for one in client.get("/feedback/summary").json()["cards"] if one["card"] == row["card"]]
    assert line["accepted"] == 1
    assert line["suggestions"] == {row["accepted"]: 1}


def test_b1_half_a_letter_in_a_comment_costs_nothing_of_the_feedback(client: httpx.Client) -> None:
    """JSON.stringify writes it so where a browser cut the text in the middle of an emoji."""
    body = json.dumps({"feedback": [overridden(overrideReason={"userComment": "not now \ud83d"})]})
    assert rb"\ud83d" in body.encode()
    assert client.post(FEEDBACK, content=body, headers={"content-type": "application/json"}).status_code == 200
