"""The first look at a chart: it finds all that a full reading finds."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.chart.decode import LeftOut
from app.facts.findings import may_name_finding, read_conditions, read_finding_observations
from app.facts.triggers import left_out_findings, may_record_weakness
from tests.support.charts import (
    FOOT_DROP,
    ICD10CM,
    SNOMED,
    Json,
    chart_of,
    concept,
    condition,
    days_ago,
    facts_of,
    foot_drop,
    lexicon,
    observation,
    reading,
)

TEXTS = st.sampled_from(
    ["leg weakness", "no leg weakness", "weak", "legs", "Diabetes mellitus", "ankle reflexes", "absent", "yes", None]
)
CODES = st.sampled_from([(SNOMED, FOOT_DROP), (ICD10CM, "M62.81"), (ICD10CM, "E11.9"), (SNOMED, "1"), (ICD10CM, "x")])
CONCEPTS = st.builds(lambda text, codes: concept(text, *codes), TEXTS, st.lists(CODES, max_size=2))
DATES = st.sampled_from([days_ago(1), days_ago(200), days_ago(-3), "2026", None])
CATEGORIES = st.sampled_from([None, [concept(None, ("x", "encounter-diagnosis"))], [concept("problem")]])
STATUSES = st.sampled_from([None, *(concept(None, ("x", code)) for code in ("active", "resolved", "unknown"))])
VALUES: st.SearchStrategy[Json] = st.one_of(
    st.just({}),
    st.builds(lambda text: {"valueString": text} if text else {}, TEXTS),
    st.builds(lambda code: {"valueCodeableConcept": code}, CONCEPTS),
    st.just({"valueQuantity": {"value": 3}}),
    st.just({"valueBoolean": True}),
)
PARTS = st.builds(lambda code, value: {"code": code, **value}, CONCEPTS, VALUES)
RESOURCES = st.one_of(
    st.builds(
        lambda code, recorded, category, status: condition(
            "c", code, recordedDate=recorded, category=category, clinicalStatus=status
        ),
        CONCEPTS,
        DATES,
        CATEGORIES,
        STATUSES,
    ),
    st.builds(
        lambda part, when, parts: observation("o", {}, effectiveDateTime=when, component=parts) | part,
        PARTS,
        DATES,
        st.lists(PARTS, max_size=2),
    ),
)
CHARTS = st.lists(RESOURCES, max_size=5).map(lambda several: [{**one, "id": f"r{n}"} for n, one in enumerate(several)])


@settings(deadline=None)
@given(CHARTS)
def test_a_chart_in_which_a_full_reading_finds_a_trigger_may_record_weakness(resources: list[Json]) -> None:
    facts = facts_of(*resources)
    if not facts.findings.keys().isdisjoint(lexicon().triggers):
        assert facts.may_be_weak


@settings(deadline=None)
@given(CHARTS)
def test_what_a_full_reading_leaves_out_is_named_without_one(resources: list[Json]) -> None:
    chart, now = chart_of(resources), reading()
    full: Any = (*read_conditions(chart.conditions, now), *read_finding_observations(chart.observations, now))
    named = left_out_findings(chart.conditions, filter(may_name_finding, chart.observations), now)
    assert list(named) == [one for one in full if isinstance(one, LeftOut)]


def test_a_code_or_words_in_any_place_may_record_weakness() -> None:
    answer = observation("o", concept("Finding"), valueString="leg weakness")
    within = observation("o", concept("Examination"), component=[{"code": concept("Power"), "valueString": "weak leg"}])
    displayed = condition("c", {"coding": [{"system": "x", "code": "1", "display": "leg weakness"}]})
    for resources in ([foot_drop()], [answer], [within], [displayed]):
        assert first_look(resources)


def test_everyday_charts_record_no_weakness() -> None:
    everyday = [
        condition("c", concept("Essential hypertension")),
        observation("o", concept("Smoker"), valueString="no"),
    ]
    assert not first_look(everyday)


def first_look(resources: list[Json]) -> bool:
    chart = chart_of(resources)
    return may_record_weakness(chart.conditions, [*filter(may_name_finding, chart.observations)], lexicon())
