"""Times in cases: so long ago, or as a chart writes them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.cases.times import parse_time

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("3 days ago", "2026-11-19T09:00:00+00:00"),
        ("90 minutes ago", "2026-11-22T07:30:00+00:00"),
        ("3 days ago (date)", "2026-11-19"),
        ("2026-11", "2026-11"),
        ("2026-11-20T08:00:00+01:00", "2026-11-20T08:00:00+01:00"),
    ],
)
def test_a_time_is_written_as_a_chart_has_it(text: str, written: str) -> None:
    assert parse_time(text).written(NOW) == written


@pytest.mark.parametrize(
    "text", ["60 days", "sixty days ago", "3 dais ago", "3 days ago (day)", "2026-13-01", "last week"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"such as .* expected"):
        parse_time(text)
