"""The newest result counts, also where one laboratory writes instants and another days alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.facts.model import LabResult
from app.facts.moment import UNKNOWN_AGE, Moment, parse_moment
from app.facts.newest import newest, newest_first

MORNING = "2026-11-22T08:00:00Z"


def moment(text: str) -> Moment:
    read = parse_moment(text)
    assert read is not None
    return read


def result(text: str, value: float = 4.0) -> LabResult:
    return LabResult("potassium", f"Observation/{text}", value, "mmol/L", moment(text), UNKNOWN_AGE)


def times(texts: Sequence[str]) -> list[str]:
    """When the newest of such results were, in any order."""
    return sorted(one.when.text for one in newest(newest_first(map(result, texts))))


@pytest.mark.parametrize("earlier", ["2026-11-21", "2026-10", "2025", "2026-11-21T20:00:00", "2026-11-22T07:59:00Z"])
def test_what_is_known_to_be_earlier_is_not_the_newest(earlier: str) -> None:
    assert times([earlier, MORNING]) == [MORNING]


@pytest.mark.parametrize("perhaps", ["2026-11-22", "2026-11", "2026"])
def test_a_day_without_a_time_may_be_as_new(perhaps: str) -> None:
    assert times([perhaps, MORNING, "2026-11-22T06:00:00Z"]) == sorted([perhaps, MORNING])


def test_a_later_day_is_newer_than_any_time_of_the_day_before() -> None:
    assert times(["2026-11-22", "2026-11-21T23:59:00Z", "2026-11"]) == ["2026-11", "2026-11-22"]


def test_instants_are_compared_as_instants_whatever_their_zone() -> None:
    assert times(["2026-11-22T00:30:00+02:00", "2026-11-21T23:00:00Z"]) == ["2026-11-21T23:00:00Z"]


def test_nothing_has_no_newest() -> None:
    assert newest(newest_first([])) == ()


days = st.dates(min_value=moment("2026-10-28").first, max_value=moment("2026-11-03").first).map(str)
hours = st.tuples(days, st.integers(0, 23)).map(lambda one: f"{one[0]}T{one[1]:02}:00:00Z")
months = st.sampled_from(["2026-10", "2026-11", "2026"])


@given(st.lists(days | hours | months, min_size=1, max_size=8))
def test_the_newest_are_those_that_none_is_known_to_have_come_after(texts: list[str]) -> None:
    moments = [moment(text) for text in texts]
    expected = [one.text for one in moments if not any(other.is_after(one) for other in moments)]
    assert times(texts) == sorted(expected)
