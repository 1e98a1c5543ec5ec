"""Decoding in one go and entry by entry: the second may be slower, and is never different."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.chart.chart import build_chart
from app.chart.decode import Link, Page, UnreadableLink, decode_carefully, decode_page
from app.facts.read import read_facts
from tests.support.charts import (
    NOW,
    PATIENT,
    Json,
    bundle,
    concept,
    condition,
    days_ago,
    foot_drop,
    lexicon,
    observation,
    patient,
    potassium,
    prescription,
    resource,
)

DATES = st.sampled_from([days_ago(1), days_ago(40), days_ago(-9), "2026-11-19", "2026-10", "2020", "no date", None])
TEXTS = st.sampled_from(
    ["leg weakness", "no leg weakness", "Diabetes mellitus", "? foot drop", "\u2019", "\\u0000", ""]
)
EXTRAS: st.SearchStrategy[Json] = st.dictionaries(
    st.sampled_from(["note", "meta", "text", "extension", "id", "contained", "subject"]),
    st.sampled_from([None, [], [{"text": "haemolysed"}], {"reference": "Patient/p2"}, {"reference": PATIENT}, "x"]),
    max_size=2,
)
RESOURCES = st.one_of(
    st.builds(lambda text, when: condition("c", concept(text), onsetDateTime=when), TEXTS, DATES),
    st.builds(lambda when: foot_drop(recordedDate=when), DATES),
    st.builds(lambda value, when: potassium(value, effectiveDateTime=when), st.floats(0, 9), DATES),
    st.builds(lambda text: observation("o", concept("Complaint"), valueString=text), TEXTS),
    st.builds(lambda text: prescription("m", concept(text)), TEXTS),
    st.just(resource("ServiceRequest", "s", concept("MRI"), status="active", intent="order")),
    st.just({"resourceType": "Encounter", "id": "e", "status": "finished", "class": {"code": "IMP"}}),
    st.just({"resourceType": "OperationOutcome", "issue": []}),
    st.just({"resourceType": "Medication", "id": "d", "code": {"text": "digoxin"}}),
    st.just(patient()),
)
ANY = st.builds(lambda one, extras: {**one, **extras}, RESOURCES, EXTRAS)
ENTRIES = st.fixed_dictionaries(
    {"resource": st.none() | ANY},
    optional={"fullUrl": st.just("https://x/1"), "search": st.sampled_from([{"mode": "outcome"}, {"mode": "match"}])},
)
LINKS = st.lists(st.sampled_from([{"relation": "next", "url": "x"}, {"relation": "self", "url": "y"}]), max_size=2)
BESIDE = st.sampled_from([{}, {"id": "b"}, {"id": 5}, {"id": None}, {"entry": None}, {"link": None}, {"link": [None]}])
BUNDLES = st.builds(
    lambda entries, links, beside: bundle([], entry=entries, link=links) | beside,
    st.lists(ENTRIES, max_size=6),
    LINKS,
    BESIDE,
)


def read_by(decode: Callable[[bytes], Page], raw: bytes) -> Page:
    """An empty page for what is no resource at all."""
    try:
        return decode(raw)
    except msgspec.ValidationError:
        return Page(failed=True)


def facts_in(page: Page) -> Any:
    facts = read_facts(build_chart(page.entries, frozenset({PATIENT}), left_out=page.left_out), lexicon(), NOW)
    return facts, facts.each()


@settings(deadline=None)
@given(BUNDLES | ANY)
def test_both_ways_read_the_same_page_and_the_same_facts(value: Json) -> None:
    raw = json.dumps(value).encode()
    fast, careful = read_by(decode_page, raw), read_by(decode_carefully, raw)
    assert fast == careful
    assert facts_in(fast) == facts_in(careful)


SELF: Json = {"relation": "self", "url": "https://x/1"}
NEXT: Json = {"relation": "next", "url": "https://x/2"}


def page_with(**beside: Any) -> Page:
    page = decode_page(json.dumps(bundle([patient(), potassium(2.4)]) | beside).encode())
    assert (len(page.entries), page.left_out) == (2, ())
    return page


@pytest.mark.parametrize(
    "beside",
    [
        {"id": 5},
        {"id": {}},
        {"link": None},
        {"link": [{"relation": "self", "url": 5}]},
        {"link": [{**SELF, "url": ["https://x/1"]}, SELF]},
    ],
)
def test_p8_what_is_malformed_beside_the_entries_costs_none_of_them(beside: Json) -> None:
    assert page_with(**beside).next is None


@pytest.mark.parametrize("link", [5, {}, "next", [None], [5], [{"relation": 5}], [{"relation": None, "url": 5}]])
def test_p8_of_links_that_cannot_be_read_it_is_not_known_whether_one_leads_on(link: Any) -> None:
    assert isinstance(page_with(link=link).next, UnreadableLink)


def test_p8_a_next_link_is_followed_beside_one_that_is_malformed() -> None:
    following = page_with(link=[{"relation": "self", "url": 5}, NEXT]).next
    assert following == Link("next", "https://x/2")


def test_p8_a_next_link_whose_address_is_malformed_still_says_that_there_is_more() -> None:
    assert page_with(link=[{"relation": "next", "url": 5}]).next == Link("next")


def test_p8_null_for_entries_is_none() -> None:
    assert decode_page(b'{"resourceType": "Bundle", "type": "searchset", "entry": null}') == Page()


def test_all_that_is_valid_is_read_in_one_go() -> None:
    valid = bundle([patient(), foot_drop(), potassium(2.4)])
    page = decode_page(json.dumps(valid).encode())
    assert page.left_out == ()
    assert page == decode_carefully(json.dumps(valid).encode())
