"""When something happened, as exactly as the chart says, and how old it is now."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

from msgspec import Struct

_WESTMOST = timedelta(hours=-12)
_EASTMOST = timedelta(hours=14)
_DAY = timedelta(days=1)
_NOTHING = timedelta(0)
_DECEMBER = 12
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


class Moment(Struct, frozen=True, eq=False, gc=False):
    """A FHIR date or dateTime: an instant, or all days from `first` to `last` of some time zone (decision 6).

    `earliest` and `latest` are the first and the last instant that it may mean anywhere on earth.
    """

    text: str
    first: date
    last: date
    earliest: datetime
    latest: datetime

    @property
    def instant(self) -> datetime | None:
        """The instant, where it is one."""
        return self.latest if self.latest == self.earliest else None

    @property
    def span(self) -> tuple[datetime, datetime]:
        """What it is ordered and compared by, however it was written."""
        return self.latest, self.earliest

    def is_after(self, other: Moment) -> bool:
        """Whether it is known to be later: by the instant, or by the day where one of them has no time."""
        if self.instant and other.instant:
            return self.instant > other.instant
        return self.first > other.last

    def __lt__(self, other: Moment) -> bool:
        return self.span < other.span

    def __le__(self, other: Moment) -> bool:
        return self.span <= other.span

    def __gt__(self, other: Moment) -> bool:
        return self.span > other.span

    def __ge__(self, other: Moment) -> bool:
        return self.span >= other.span

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
        return _timed(text) if "T" in text else _dated(text)
    except (ValueError, OverflowError):
        return None


def _timed(text: str) -> Moment:
    written = datetime.fromisoformat(text)
    day = written.date()
    if written.tzinfo is None:
        return days_as_moment(text, day, day)
    instant = written.astimezone(UTC)
    return Moment(text, day, day, instant, instant)


def days_as_moment(text: str, first: date, last: date) -> Moment:
    """All days from the first to the last, written so; raises OverflowError for those with no instant on earth."""
    earliest = datetime.combine(first, datetime.min.time(), UTC) - _EASTMOST
    latest = datetime.combine(last + _DAY, datetime.min.time(), UTC) - _WESTMOST
    return Moment(text, first, last, earliest, latest)


def _dated(text: str) -> Moment:
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError("not a FHIR date")
    year, month, day = match.groups()
    first = date(int(year), int(month or 1), int(day or 1))
    if day:
        return days_as_moment(text, first, first)
    last_month = int(month or _DECEMBER)
    return days_as_moment(text, first, date(first.year, last_month, monthrange(first.year, last_month)[1]))


class Age(Struct, frozen=True, gc=False):
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
