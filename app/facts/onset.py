"""When a Condition began: a date, or how old the patient was then (decision 6)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from app.chart.resources import Condition, Quantity, Range
from app.facts.context import Reading
from app.facts.dates import usable_moment
from app.facts.moment import Moment, days_as_moment

_YEARS = frozenset({"a", "year", "years", "yr"})  # UCUM's, and what stands in its place
_DAY = timedelta(days=1)


def onset_of(condition: Condition, reading: Reading) -> Moment | None:
    """The onset when given; one that is a string is not read."""
    written = condition.onsetDateTime or (condition.onsetPeriod.start if condition.onsetPeriod else None)
    if written:
        return usable_moment(written, reading)
    ages = Range(condition.onsetAge, condition.onsetAge) if condition.onsetAge else condition.onsetRange
    low, high = (_years(ages.low), _years(ages.high)) if ages else (None, None)
    return None if low is None or high is None else _between(low, high, reading)


def _years(age: Quantity | None) -> int | None:
    """Completed years, as ages are told."""
    if age is None or age.value is None or age.comparator or (age.code or age.unit) not in _YEARS:
        return None
    return int(age.value)


def _between(youngest: int, oldest: int, reading: Reading) -> Moment | None:
    """From the first day of one age to the last day of the other; None for days yet to come, or before birth."""
    born = reading.born
    if born is None or not 0 <= youngest <= oldest:
        return None
    text = f"age {youngest}" if youngest == oldest else f"age {youngest}-{oldest}"
    try:
        when = days_as_moment(text, _birthday(born.first, youngest), _birthday(born.last, oldest + 1) - _DAY)
    except (ValueError, OverflowError):
        return None
    return None if reading.is_future(when) else when


def _birthday(born: date, years: int) -> date:
    """Of those born on a leap day, the day before where there is none."""
    year = born.year + years
    return born.replace(year=year, day=min(born.day, monthrange(year, born.month)[1]))
