"""Decoding and sorting a chart: no fact lost, in whatever order (protocol C5, P8, R11)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.chart.chart import build_chart
from app.chart.decode import decode_page
from tests.support.charts import (
    PATIENT,
    PATIENT_ID,
    Json,
    chart_of,
    concept,
    condition,
    days_ago,
    facts_of,
    foot_drop,
    observation,
    potassium,
    prescription,
)

DATES = st.sampled_from([days_ago(1), days_ago(40), "2026-11-19", "2026-10", "2020", None])
TEXTS = st.sampled_from(["leg weakness", "no leg weakness", "back pain", "Diabetes mellitus", "x", "? foot drop"])
RESOURCES = st.one_of(
    st.builds(lambda text, when: condition("c", concept(text), onsetDateTime=when), TEXTS, DATES),
    st.builds(
        lambda value, when: potassium(value, effectiveDateTime=when), st.integers(20, 60).map(lambda n: n / 10), DATES
    ),
    st.builds(
        lambda text, when: observation("o", concept("Complaint"), valueString=text, effectiveDateTime=when),
        TEXTS,
        DATES,
    ),
    st.builds(
        lambda name: prescription("m", concept(name)), st.sampled_from(["digoxin", "water", "simvastatin 20 mg"])
    ),
)
CHARTS = st.lists(RESOURCES, max_size=8).map(lambda several: [{**one, "id": f"r{n}"} for n, one in enumerate(several)])
BAD: list[Json] = [
    {"resourceType": "Condition", "id": "bad", "code": "text"},
    {"resourceType": "Observation", "id": "bad", "status": "final"},
    {"resourceType": "Observation", "id": 7, "status": "final", "code": {}},
    {"id": "bad"},
]


def page_of(resources: list[Json]) -> Any:
    return decode_page(
        json.dumps({"resourceType": "Bundle", "entry": [{"resource": one} for one in resources]}).encode()
    )


@given(CHARTS, st.sampled_from(BAD), st.integers(0, 8))
def test_one_bad_entry_changes_nothing_for_the_others(resources: list[Json], bad: Json, place: int) -> None:
    clean = page_of(resources)
    soiled = page_of([*resources[:place], bad, *resources[place:]])
    assert soiled.entries == clean.entries
    assert len(soiled.left_out) == 1
    assert clean.left_out == ()


@settings(deadline=None)
@given(CHARTS, st.randoms())
def test_the_order_of_a_chart_does_not_change_its_facts(resources: list[Json], dice: Any) -> None:
    shuffled = list(resources)
    dice.shuffle(shuffled)
    one, other = facts_of(*resources), facts_of(*shuffled)
    assert set(one.labs.get("potassium", ())) == set(other.labs.get("potassium", ()))
    assert one.labs == other.labs
    assert {name: {f.suspected for f in found} for name, found in one.findings.items()} == {
        name: {f.suspected for f in found} for name, found in other.findings.items()
    }
    assert set(one.each()) >= {fact for fact in other.each() if fact.reference.startswith("Condition")}
    assert set(one.left_out) == set(other.left_out)


@given(CHARTS)
def test_no_result_is_lost_without_a_word(resources: list[Json]) -> None:
    facts = facts_of(*resources)
    told = {fact.reference for fact in facts.each()} | {one.reference for one in facts.left_out}
    assert {f"Observation/{one['id']}" for one in resources if "valueQuantity" in one} <= told


@given(CHARTS)
def test_a_resource_that_came_twice_counts_once(resources: list[Json]) -> None:
    assert facts_of(*resources, *resources) == facts_of(*resources)


def test_resources_without_an_id_all_count() -> None:
    several = [foot_drop(id=None), foot_drop(id=None)]
    assert len(chart_of(several).conditions) == 2


@pytest.mark.parametrize(
    "other", ["Patient/p2", "https://ehr.example/fhir/Patient/p2", "Group/p1", "Patient/p11", "p1"]
)
def test_what_belongs_to_someone_else_is_left_out(other: str) -> None:
    chart = chart_of([foot_drop(subject={"reference": other})])
    assert chart.conditions == ()
    assert [(one.reference, one.reason) for one in chart.left_out] == [("Condition/weakness", "of another patient")]


@pytest.mark.parametrize(
    "own", [PATIENT, f"https://ehr.example/fhir/{PATIENT}", f"{PATIENT}/_history/2", "urn:uuid:1", "", None]
)
def test_every_name_of_the_patient_and_no_name_at_all_is_the_patient(own: str | None) -> None:
    page = page_of([foot_drop(subject={"reference": own})])
    assert len(build_chart(page.entries, frozenset({PATIENT, "urn:uuid:1"})).conditions) == 1


def test_another_patients_resource_does_not_hide_one_with_the_same_id() -> None:
    foreign = foot_drop(subject={"reference": "Patient/p2"})
    assert len(chart_of([foreign, foot_drop()]).conditions) == 1


def test_an_outcome_entry_informs_and_any_other_says_failure() -> None:
    outcome = {"resourceType": "OperationOutcome"}
    informing = {"resourceType": "Bundle", "entry": [{"resource": outcome, "search": {"mode": "outcome"}}]}
    assert not decode_page(json.dumps(informing).encode()).failed
    assert page_of([outcome]).failed
    assert decode_page(json.dumps(outcome).encode()).failed


def test_a_next_link_is_seen_beside_a_bad_entry() -> None:
    page = {"resourceType": "Bundle", "link": [{"relation": "next", "url": "x"}], "entry": [{"resource": BAD[0]}]}
    assert decode_page(json.dumps(page).encode()).has_next


def test_what_was_left_out_is_named_without_its_content() -> None:
    (left_out,) = page_of([{**foot_drop(), "onsetDateTime": {"secret": "name"}}]).left_out
    assert left_out.reference == "Condition/weakness"
    assert "secret" not in left_out.reason
    assert PATIENT_ID not in left_out.reason
