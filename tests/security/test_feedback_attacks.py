"""Attacks with feedback: what clients write there is stored, summed up and exported."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.security.conftest import Site
from tests.support.charts import Json
from tests.support.hooks import FEEDBACK, refused
from tests.support.hospital import AS_OPERATOR, hospital, registration, signed
from tests.support.verifying import OTHER, OTHER_ISSUER

WORDS = "Mrs Evil of 1 Main Street refuses"
TIME = "2026-11-22T08:59:00Z"


def overridden(card: str, code: str | None = None, comment: str | None = None, **elements: object) -> Json:
    reason: Json = {"reason": {"code": code, "system": "urn:x"}} if code else {}
    said = {**reason, **({"userComment": comment} if comment else {})}
    return {"card": card, "outcome": "overridden", "outcomeTimestamp": TIME, "overrideReason": said, **elements}


def accepted(card: str, *suggestions: str) -> Json:
    told = [{"id": one} for one in suggestions]
    return {"card": card, "outcome": "accepted", "outcomeTimestamp": TIME, "acceptedSuggestions": told}


def exported(client: httpx.Client, query: str = "") -> list[dict[str, str]]:
    response = client.get(f"/feedback/export{query}", headers=AS_OPERATOR)
    assert response.status_code == 200
    return list(csv.DictReader(io.StringIO(response.text)))


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE feedback; --", "x' OR '1'='1", '"; DELETE FROM feedback; --', "%", "\\", "?1", ":id"]
)
def test_sql_in_feedback_is_a_value(site: Site, text: str) -> None:
    name = f"{text}{uuid4()}"
    assert site.report(overridden(name, code=text), accepted(name, text)).status_code == 200
    stored = [row for row in exported(site.client) if row["uuid"].endswith(name)]
    assert {row["outcome"] for row in stored} == {"accepted", "overridden"}


@pytest.mark.parametrize(
    "formula", ["=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", '=HYPERLINK("http://evil.example")']
)
def test_a_formula_in_feedback_is_no_formula_in_the_export(site: Site, formula: str) -> None:
    name = f"{formula}{uuid4()}"
    assert site.report(overridden(name, code=formula)).status_code == 200
    cells = [cell for row in exported(site.client) for cell in row.values() if cell]
    assert not [cell for cell in cells if cell[0] in "=+-@\t\r"]
    assert f"'{name}" in cells
    told = site.client.get("/feedback/summary?format=csv", headers=AS_OPERATOR).text
    assert not [cell for row in csv.reader(io.StringIO(told)) for cell in row if cell[:1] in tuple("=+-@")]


def test_a_comment_is_stored_only_when_the_operator_says_so(site: Site, tmp_path: Path) -> None:
    assert site.report(overridden("a-card", comment=WORDS)).status_code == 200
    assert WORDS not in str(exported(site.client, "?comments=true"))
    with hospital(tmp_path, registration(), feedback_comments=True) as client:
        body = {"feedback": [overridden("a-card", comment=WORDS)]}
        assert client.post(FEEDBACK, json=body, headers=signed(FEEDBACK)).status_code == 200
        assert WORDS not in str(exported(client))
        assert WORDS in str(exported(client, "?comments=true"))


def test_a_flood_in_one_call_is_refused_and_nothing_of_it_is_stored(site: Site) -> None:
    flood = f"flood-{uuid4()}"
    refused(site.report(*[overridden(f"{flood}-{number}") for number in range(1001)]), 413)
    assert site.report(*[overridden(flood)] * 1000).status_code == 200
    assert [row["uuid"] for row in exported(site.client) if flood in row["uuid"]] == [flood]


def test_the_same_feedback_again_and_again_is_stored_once(site: Site) -> None:
    name = str(uuid4())
    for _ in range(20):
        assert site.report(overridden(name, code="x")).status_code == 200
    assert len([row for row in exported(site.client) if row["uuid"] == name]) == 1


def test_one_bad_item_stores_nothing_of_the_others(site: Site) -> None:
    name = str(uuid4())
    for bad in (
        {},
        overridden(""),
        overridden("x" * 256),
        overridden("a\nb"),
        overridden("x", outcomeTimestamp="0001-01-01T00:00:00+14:00"),
        overridden("x", outcomeTimestamp="9999-12-31T23:59:59-14:00"),
        overridden("x", outcomeTimestamp="2026-11-22"),
        overridden("x", code="y" * 256),
        overridden("x", comment="z" * 10_001),
        overridden("x", comment="\u0000"),
        accepted("x"),
        accepted("x", ""),
    ):
        refused(site.report(overridden(name), bad), 400)
    assert name not in str(exported(site.client))


def test_feedback_of_one_client_changes_nothing_that_another_said(site: Site) -> None:
    name = str(uuid4())
    assert site.report(overridden(name, code="ours")).status_code == 200
    theirs = {"feedback": [overridden(name, code="ours")]}
    assert site.post(theirs, FEEDBACK, by=OTHER, iss=OTHER_ISSUER).status_code == 200
    assert len({row["client"] for row in exported(site.client) if row["uuid"] == name}) == 2


@pytest.fixture(scope="module")
def unstored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A service that nobody has reported anything to."""
    with hospital(tmp_path_factory.mktemp("unstored"), registration()) as client:
        yield client


def test_feedback_without_a_token_is_not_stored(unstored: httpx.Client) -> None:
    refused(unstored.post(FEEDBACK, json={"feedback": [overridden("x")]}), 401)
    assert exported(unstored) == []
