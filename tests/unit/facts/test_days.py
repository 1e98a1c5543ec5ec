"""A date without time, counted in the days of the hospital (decisions 6 and 21)."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.facts.moment import Moment, age_of, parse_moment


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo", "Pacific/Kiritimati"])
@pytest.mark.parametrize("hour", [0, 1, 9, 23])
def test_within_a_day_are_today_and_yesterday_in_every_zone_at_every_hour(zone: str, hour: int) -> None:
    now = datetime(2026, 11, 22, hour, tzinfo=ZoneInfo(zone))
    within = [
        day
        for day in ("2026-11-22", "2026-11-21", "2026-11-20")
        if age_of(moment(day), now).within(timedelta(hours=24))
    ]
    assert within == ["2026-11-22", "2026-11-21"]


def test_a_date_is_in_the_future_only_when_it_is_so_everywhere_on_earth() -> None:
    now = datetime(2026, 11, 22, 9, tzinfo=ZoneInfo("UTC"))
    assert not moment("2026-11-22").earliest > now
    assert moment("2026-11-24").earliest > now
    late = now.replace(hour=11)
    assert not moment("2026-11-23").earliest > late


def moment(text: str) -> Moment:
    parsed = parse_moment(text)
    assert parsed
    return parsed
