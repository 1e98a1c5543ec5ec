"""Which Observations count, and which date of a resource does."""

from __future__ import annotations

from app.chart.resources import Observation, Period
from app.facts.context import Reading
from app.facts.moment import Moment

COUNTED = frozenset({"final", "amended", "corrected"})
"""The statuses of an Observation that counts (evidence 1.3)."""


def end_of(period: Period | None) -> str | None:
    """The end of a period, or its start while it has none."""
    return (period.end or period.start) if period else None


def observed_at(observation: Observation, reading: Reading) -> Moment | None:
    """When an Observation was true of the patient; `issued` says only when it was told."""
    return reading.moment(
        observation.effectiveDateTime or observation.effectiveInstant or end_of(observation.effectivePeriod)
    )


def usable_moment(text: str | None, reading: Reading) -> Moment | None:
    """The moment of a date, unless it lies in the future, where nothing can have happened."""
    moment = reading.moment(text)
    return None if moment is None or reading.is_future(moment) else moment
