"""A case's facts as a client would send them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from app.cases.build import build_prefetch
from app.cases.schema import Case
from tests.support.charts import knowledge

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ended", "period"),
    [
        ({}, {"start": "2026-11-12T09:00:00+00:00"}),
        ({"ended": "2 days ago"}, {"start": "2026-11-10T09:00:00+00:00", "end": "2026-11-20T09:00:00+00:00"}),
        ({"ended": "2026-10"}, {"start": "2026-10-22T12:00:00+00:00", "end": "2026-10"}),
    ],
)
def test_a_stay_begins_so_long_before_its_end(ended: dict[str, str], period: dict[str, str]) -> None:
    chart: list[dict[str, Any]] = [{"stay": "10 days", **ended}]
    data = {"name": "a stay", "kind": "other", "chart": chart, "expect": {"level": "none"}}
    case = Case.model_validate_json(msgspec.json.encode(data))
    bundle = msgspec.json.decode(build_prefetch(case, NOW, knowledge().vocabulary)["stays"])
    assert bundle["entry"][0]["resource"]["period"] == period
