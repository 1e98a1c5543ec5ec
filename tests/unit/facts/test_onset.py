"""When a Condition began, told as the age that the patient had (decision 6)."""

from __future__ import annotations

from typing import Any

import pytest

from app.facts.model import Finding
from tests.support.charts import (
    NOW,
    SNOMED,
    UCUM,
    Json,
    chart_of,
    concept,
    condition,
    evaluated,
    facts_of,
    foot_drop,
    knowledge,
    patient,
)

# NOW is 2026-11-22; the woman of the tests was born on 1960-03-01.


def years(value: float, **elements: Any) -> Json:
    return {"value": value, "unit": "years", "system": UCUM, "code": "a", **elements}


def finding(born: str | None = "1960-03-01", **onset: Any) -> Finding:
    condition = foot_drop(**{"onsetDateTime": None, "recordedDate": "2026-11-21", **onset})
    (one,) = facts_of(patient(birthDate=born), condition).findings["foot-drop"]
    return one


def days(one: Finding) -> tuple[str, str] | None:
    return (str(one.onset.first), str(one.onset.last)) if one.onset else None


@pytest.mark.parametrize(
    ("onset", "first", "last", "written"),
    [
        ({"onsetAge": years(20)}, "1980-03-01", "1981-02-28", "age 20"),
        ({"onsetAge": years(20.9)}, "1980-03-01", "1981-02-28", "age 20"),
        ({"onsetAge": {"value": 20, "unit": "years"}}, "1980-03-01", "1981-02-28", "age 20"),
        ({"onsetRange": {"low": years(20), "high": years(25)}}, "1980-03-01", "1986-02-28", "age 20-25"),
        ({"onsetAge": years(66)}, "2026-03-01", "2027-02-28", "age 66"),
    ],
)
def test_an_onset_at_an_age_lies_between_two_birthdays(onset: Json, first: str, last: str, written: str) -> None:
    one = finding(**onset)
    assert days(one) == (first, last)
    assert one.onset is not None
    assert one.onset.day == written


def test_an_old_weakness_recorded_yesterday_is_as_old_as_its_age_of_onset() -> None:
    assert (NOW - finding(onsetAge=years(20)).age.least).year == 1981


def test_an_onset_at_this_year_of_life_may_be_of_today() -> None:
    age = finding(onsetAge=years(66), recordedDate=None).age
    assert age.least.days == 0
    assert age.most is not None
    assert age.most.days == 266


@pytest.mark.parametrize(
    ("born", "first"), [("1960-02-29", "1981-02-28"), ("1960-03", "1981-03-01"), ("1960", "1981-01-01")]
)
def test_a_birth_date_may_be_a_leap_day_or_known_in_part(born: str, first: str) -> None:
    known = days(finding(born, onsetAge=years(21)))
    assert known is not None
    assert known[0] == first


@pytest.mark.parametrize(
    "onset",
    [
        {"onsetAge": years(67)},
        {"onsetAge": years(-1)},
        {"onsetAge": years(20, comparator="<")},
        {"onsetAge": years(20, unit="months", code="mo")},
        {"onsetAge": years(1e15)},
        {"onsetAge": {"unit": "years"}},
        {"onsetRange": {"low": years(20)}},
        {"onsetRange": {"low": years(25), "high": years(20)}},
        {"onsetString": "age 20"},
    ],
)
def test_an_age_that_tells_no_years_gives_no_onset(onset: Json) -> None:
    assert finding(**onset).onset is None


def test_without_a_birth_date_an_age_tells_no_onset() -> None:
    assert finding(None, onsetAge=years(20)).onset is None


def test_a_date_goes_before_an_age() -> None:
    assert days(finding(onsetDateTime="2026-11-20", onsetAge=years(20))) == ("2026-11-20", "2026-11-20")


def test_retention_of_long_ago_by_its_age_of_onset_makes_no_critical_card() -> None:
    retention = condition("retention", concept(None, (SNOMED, "267064002")), recordedDate="2026-11-21")
    undated = evaluated(chart_of([foot_drop(), retention]), knowledge())
    told = evaluated(chart_of([foot_drop(), {**retention, "onsetAge": years(20)}]), knowledge())
    assert next(card.indicator for card in undated.response.cards) == "critical"
    assert "critical" not in [card.indicator for card in told.response.cards]
