"""When something happened, as exactly as the chart says, and how old it is now."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import total_ordering

_WESTMOST = timedelta(hours=-12)
_EASTMOST = timedelta(hours=14)
_DAY = timedelta(days=1)
_NOTHING = timedelta(0)
_DECEMBER = 12
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A FHIR date or dateTime: an instant, or all days from `first` to `last` of some time zone (decision 6)."""

    text: str
    first: date
    last: date
    instant: datetime | None = None

    @property
    def latest(self) -> datetime:
        """The last instant that it may mean anywhere on earth."""
        return self.instant or datetime.combine(self.last + _DAY, datetime.min.time(), UTC) - _WESTMOST

    @property
    def earliest(self) -> datetime:
        """The first instant that it may mean anywhere on earth."""
        return self.instant or datetime.combine(self.first, datetime.min.time(), UTC) - _EASTMOST

    @property
    def span(self) -> tuple[datetime, datetime]:
        """What it is ordered and compared by, however it was written."""
        return self.latest, self.earliest

    def __lt__(self, other: Moment) -> bool:
        return self.span < other.span

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Moment) and self.span == other.span

    def __hash__(self) -> int:
        return hash(self.span)

    @property
    def day(self) -> str:
        """The date part as the chart wrote it: `2026-11-20`, `2026-11` or `2026`."""
        return self.text[:10]


def parse_moment(text: str | None) -> Moment | None:
    """Read a FHIR date or dateTime; None for what is neither, or lies at the ends of the calendar as null dates do.

    A time without a zone counts as its day.
    """
    if not text:
        return None
    try:
        moment = _timed(text) if "T" in text else _dated(text)
        _ = moment.span
    except (ValueError, OverflowError):
        return None
    return moment


def _timed(text: str) -> Moment:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        return Moment(text, instant.date(), instant.date())
    return Moment(text, instant.date(), instant.date(), instant.astimezone(UTC))


def _dated(text: str) -> Moment:
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError("not a FHIR date")
    year, month, day = (int(part) if part else None for part in match.groups())
    first = date(year or 0, month or 1, day or 1)
    if day:
        return Moment(text, first, first)
    last_month = month or _DECEMBER
    return Moment(text, first, date(first.year, last_month, monthrange(first.year, last_month)[1]))


@dataclass(frozen=True, slots=True)
class Age:
    """How long ago: at least `least`, at most `most`; `most` is None when nothing bounds it."""

    least: timedelta = _NOTHING
    most: timedelta | None = None

    def within(self, limit: timedelta) -> bool | None:
        """Whether it is at most so old; None when that is not known."""
        if self.most is not None and self.most <= limit:
            return True
        return False if self.least > limit else None


UNKNOWN_AGE = Age()


def age_of(moment: Moment, now: datetime) -> Age:
    """The age of what happened then. A date without time is counted in calendar days, in the time zone of `now`."""
    if moment.instant:
        age = max(_NOTHING, now - moment.instant)
        return Age(age, age)
    today = now.date()
    return Age(max(_NOTHING, today - moment.last), max(_NOTHING, today - moment.first))


def age_if_before(moment: Moment, now: datetime) -> Age:
    """The age of what happened then or earlier, as with a recordedDate (decision 6)."""
    return Age(age_of(moment, now).least, None)


def is_future(moment: Moment, now: datetime, tolerance: timedelta) -> bool:
    """Whether it lies ahead in every time zone, by more than the tolerance."""
    return moment.earliest > now + tolerance
