"""Dates as exact as the chart says (decision 6)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.facts.moment import UNKNOWN_AGE, Age, Moment, age_if_before, age_of, parse_moment

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
TOLERANCE = timedelta(minutes=10)


def moment(text: str) -> Moment:
    read = parse_moment(text)
    assert read is not None
    return read


ZONES = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
INSTANTS = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=ZONES).map(datetime.isoformat)  # noqa: DTZ001
DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1)).map(date.isoformat)
TEXTS = INSTANTS | DAYS | DAYS.map(lambda day: day[:7]) | DAYS.map(lambda day: day[:4])


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13", "2026-02-30", "2026-1-1", "20261122", "T", "2026-11-22T"])
def test_what_is_no_fhir_date_is_no_moment(text: str) -> None:
    assert parse_moment(text) is None


def test_a_year_means_all_of_its_days() -> None:
    read = moment("2024")
    assert (read.first, read.last) == (date(2024, 1, 1), date(2024, 12, 31))


def test_a_month_ends_on_its_last_day_in_a_leap_year() -> None:
    assert moment("2024-02").last == date(2024, 2, 29)


def test_a_time_without_a_zone_counts_as_its_day() -> None:
    read = moment("2026-11-20T23:30:00")
    assert read.instant is None
    assert read.first == read.last == date(2026, 11, 20)


def test_the_day_is_shown_as_the_chart_wrote_it() -> None:
    assert [moment(text).day for text in ("2026", "2026-11", "2026-11-20T01:00:00+05:00")] == [
        "2026",
        "2026-11",
        "2026-11-20",
    ]


@pytest.mark.parametrize("text", ["0001-01-01", "0001-01-01T00:00:00", "0001", "9999-12-31", "9999"])
def test_the_placeholder_dates_of_databases_are_no_moments(text: str) -> None:
    assert parse_moment(text) is None


@given(TEXTS, TEXTS)
def test_of_two_moments_at_most_one_comes_before_the_other(one: str, other: str) -> None:
    a, b = moment(one), moment(other)
    assert not (a < b < a)
    assert (a < b) == (b > a)


@given(TEXTS, TEXTS, TEXTS)
def test_the_order_of_moments_is_transitive(one: str, two: str, three: str) -> None:
    a, b, c = moment(one), moment(two), moment(three)
    if a < b < c:
        assert a < c


def test_moments_that_mean_the_same_instant_are_equal_in_order() -> None:
    a, b = moment("2026-11-20T10:00:00Z"), moment("2026-11-20T11:00:00+01:00")
    assert a <= b
    assert b <= a


@given(INSTANTS, INSTANTS)
def test_instants_are_ordered_as_time_runs(one: str, other: str) -> None:
    earlier = datetime.fromisoformat(one) < datetime.fromisoformat(other)
    assert (moment(one) < moment(other)) == earlier


@given(TEXTS)
def test_a_moment_spans_all_that_it_may_mean(text: str) -> None:
    assert moment(text).earliest <= moment(text).latest


def test_a_date_lasts_from_its_start_in_the_east_to_its_end_in_the_west() -> None:
    day = moment("2026-11-20")
    assert day.earliest == datetime(2026, 11, 19, 10, tzinfo=UTC)
    assert day.latest == datetime(2026, 11, 21, 12, tzinfo=UTC)


@given(TEXTS)
def test_an_age_is_never_negative_and_least_is_at_most_most(text: str) -> None:
    age = age_of(moment(text), NOW)
    assert age.most is not None
    assert timedelta(0) <= age.least <= age.most


def test_an_instant_has_an_exact_age() -> None:
    assert age_of(moment("2026-11-21T15:00:00Z"), NOW) == Age(timedelta(days=1), timedelta(days=1))


def test_a_date_without_time_counts_in_whole_days() -> None:
    assert age_of(moment("2026-11-15"), NOW) == Age(timedelta(days=7), timedelta(days=7))
    assert age_of(moment("2026-11-15"), NOW).within(timedelta(days=7)) is True
    assert age_of(moment("2026-11-14"), NOW).within(timedelta(days=7)) is False


@pytest.mark.parametrize("day", ["2026-11-22", "2026-11-21"])
def test_today_and_yesterday_are_within_24_hours(day: str) -> None:
    assert age_of(moment(day), NOW).within(timedelta(hours=24)) is True


def test_a_month_is_within_only_when_all_of_it_is() -> None:
    age = age_of(moment("2026-10"), NOW)
    assert age.within(timedelta(days=60)) is True
    assert age.within(timedelta(days=28)) is None
    assert age.within(timedelta(days=14)) is False


def test_an_unknown_age_is_neither_within_nor_older() -> None:
    assert UNKNOWN_AGE.within(timedelta(days=36500)) is None


def test_a_stroke_recorded_six_years_ago_is_old() -> None:
    age = age_if_before(moment("2020-11-22"), NOW)
    assert age.within(timedelta(days=28)) is False


def test_a_stroke_recorded_yesterday_is_of_unknown_age() -> None:
    age = age_if_before(moment("2026-11-21"), NOW)
    assert age.within(timedelta(days=28)) is None


@pytest.mark.parametrize(
    ("text", "ahead"),
    [
        ("2026-11-22T15:10:00Z", False),
        ("2026-11-22T15:10:01Z", True),
        ("2026-11-22", False),
        ("2026-11-23", False),  # it is the 23rd already in Kiribati
        ("2026-11-24", True),
        ("2026-11", False),
        ("2027", True),
    ],
)
def test_the_future_begins_ten_minutes_ahead_in_every_time_zone(text: str, ahead: bool) -> None:
    assert (moment(text).earliest > NOW + TOLERANCE) is ahead
