"""Signals about order in time, multiples of a limit, drug starts and hospital stays."""

from __future__ import annotations

from typing import Any

import pytest

from app.pipeline import Evaluation
from tests.support.cards import knowing, toy
from tests.support.charts import (
    FOOT_DROP,
    ICD10CM,
    LOINC,
    RXNORM,
    SNOMED,
    chart_of,
    concept,
    condition,
    days_ago,
    evaluated,
    foot_drop,
    observation,
    patient,
    prescription,
    resource,
)

CK = "2157-6"
IMMOBILE = "102491009"
STATIN = "83367"


def fires(signal: dict[str, Any], *resources: dict[str, Any]) -> bool:
    card = toy("asked", signal=signal)
    evaluation: Evaluation = evaluated(chart_of([foot_drop(onsetDateTime=days_ago(10)), *resources]), knowing(card))
    return evaluation.conclusion.assessments[0].level is not None


def ck(value: float, high: float | None) -> dict[str, Any]:
    unit = {"unit": "U/L", "system": "http://unitsofmeasure.org", "code": "U/L"}
    limits = (
        {} if high is None else {"referenceRange": [{"low": {"value": 30, **unit}, "high": {"value": high, **unit}}]}
    )
    return observation("ck", concept(None, (LOINC, CK)), valueQuantity={"value": value, **unit}, **limits)


@pytest.mark.parametrize(("value", "expected"), [(799, False), (800, True), (801, True)])
def test_four_times_the_laboratorys_limit_is_reached_at_four_times_it(value: float, expected: bool) -> None:
    asked = {"lab": "creatine-kinase", "at_least_times_limit": 4, "within": "30 days"}
    assert fires(asked, ck(value, 200)) is expected


def test_a_multiple_of_a_limit_that_the_laboratory_does_not_give_is_unknown() -> None:
    card = toy("asked", signal={"lab": "creatine-kinase", "at_least_times_limit": 4, "within": "30 days"})
    found = evaluated(chart_of([foot_drop(), ck(9000, None)]), knowing(card)).conclusion.assessments[0]
    assert found.status == "unknown"


@pytest.mark.parametrize(("high", "expected"), [(None, True), (200, False)])
def test_a_fixed_threshold_can_be_kept_for_results_without_a_limit(high: float | None, expected: bool) -> None:
    cut = {"at_least": {"U/L": 1000}, "evidence": "toys"}
    asked = {"lab": "creatine-kinase", "without_limit": True, "within": "30 days", **cut}
    assert fires(asked, ck(1000, high)) is expected


@pytest.mark.parametrize(("value", "expected"), [(29, True), (30, False), (200, False), (201, True)])
def test_outside_the_range_is_below_or_above_it(value: float, expected: bool) -> None:
    assert fires({"lab": "creatine-kinase", "outside_range": True, "within": "30 days"}, ck(value, 200)) is expected


@pytest.mark.parametrize(("onset", "expected"), [(30, True), (10, False), (5, False), (None, False)])
def test_what_came_before_the_weakness_is_known_to_be_older(onset: float | None, expected: bool) -> None:
    dates = {} if onset is None else {"onsetDateTime": days_ago(onset)}
    bed = condition("bed", concept(None, (SNOMED, IMMOBILE)), **dates)
    assert fires({"finding": ["immobility-deconditioning"], "before_weakness": True}, bed) is expected


def test_a_qualifier_counts_only_in_the_resource_that_says_weakness() -> None:
    asked = {"finding": ["sudden-onset-qualifier"], "with_weakness": True}
    sudden = (SNOMED, "424124008")
    assert not fires(asked, condition("pain", concept("chest pain", sudden)))
    assert fires(asked, condition("drop", concept("foot drop", (SNOMED, FOOT_DROP), sudden)))


@pytest.mark.parametrize(
    ("starts", "expected"),
    [((40, 5), True), ((100, 5), True), ((101, 5), False), ((40,), False), ((9, 5), False), ((40, None), False)],
)
def test_a_drug_was_started_before_the_weakness_when_several_prescriptions_say_so(
    starts: tuple[float | None, ...], expected: bool
) -> None:
    asked = {"medication": ["statin"], "started_before_weakness": "90 days"}
    drugs = [
        prescription(f"rx{index}", concept(None, (RXNORM, STATIN)), authoredOn=None if one is None else days_ago(one))
        for index, one in enumerate(starts)
    ]
    assert fires(asked, *drugs) is expected


@pytest.mark.parametrize("gender", ["female", "male", "other", None])
def test_only_a_known_sex_is_a_sex(gender: str | None) -> None:
    assert [sex for sex in ("female", "male") if fires({"sex": sex}, patient(gender=gender))] == [
        sex for sex in ("female", "male") if sex == gender
    ]


@pytest.mark.parametrize(
    ("status", "ordered", "done", "reported"),
    [("registered", True, False, False), ("preliminary", False, True, False), ("final", False, True, True)],
)
def test_what_is_reported_was_done(status: str, ordered: bool, done: bool, reported: bool) -> None:
    mri = concept(None, (LOINC, "30679-5"))
    report = resource("DiagnosticReport", "r", mri, status=status, effectiveDateTime=days_ago(2))
    states = {"ordered": ordered, "done": done, "reported": reported}
    asked = {"study": ["mri-lumbar-spine"], "within": "7 days"}
    assert {state: fires({**asked, "state": state}, report) for state in states} == states


def stay(length: float, ended: float | None, **elements: Any) -> dict[str, Any]:
    period = {"start": days_ago(length + (ended or 0)), **({} if ended is None else {"end": days_ago(ended)})}
    status = "in-progress" if ended is None else "finished"
    inpatient = {"status": status, "class": {"code": "IMP"}, "period": period}
    return resource("Encounter", "stay", {}, **{**inpatient, **elements})


@pytest.mark.parametrize(
    ("encounter", "expected"),
    [
        (stay(8, 20), True),
        (stay(7, 20), False),
        (stay(8, 91), False),
        (stay(8, None), True),
        (stay(8, 20, status="cancelled"), False),
        (stay(8, 20, **{"class": {"code": "AMB"}}), False),
        (stay(8, 20, **{"class": [{"coding": [{"code": "IMP"}]}]}), True),
    ],
    ids=["long and recent", "too short", "too long ago", "still in", "cancelled", "ambulatory", "R5 shape"],
)
def test_a_stay_counts_when_it_was_long_and_recent(encounter: dict[str, Any], expected: bool) -> None:
    assert fires({"stay": "7 days", "within": "90 days"}, encounter) is expected


LUMBAR_MRI = {"study": ["mri-lumbar-spine"], "state": "reported", "within": "6 months", "after_onset": True}


def lumbar_mri(days: float) -> dict[str, Any]:
    return resource("DiagnosticReport", "mri", concept(None, (LOINC, "24968-0")), status="final", issued=days_ago(days))


@pytest.mark.parametrize(("days", "expected"), [(9, True), (10, True), (11, False)])
def test_a_study_can_be_asked_for_since_the_weakness_began(days: float, expected: bool) -> None:
    assert fires(LUMBAR_MRI, lumbar_mri(days)) is expected


def test_a_vague_weakness_that_came_later_does_not_make_the_study_of_the_legs_old() -> None:
    vague = condition("vague", concept(None, (ICD10CM, "R53.1")), onsetDateTime=days_ago(5))
    assert fires(LUMBAR_MRI, lumbar_mri(9), vague)
