"""Times in cases: `3 days ago`, `3 days ago (date)` for a date without time, or a FHIR date or dateTime."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

from app.facts.moment import parse_moment
from app.knowledge.duration import parse_length

_AGO = re.compile(r"(.+) ago( \(date\))?")


@dataclass(frozen=True, slots=True)
class CaseTime:
    """A time as a chart writes it, or so long `ago`; `day_only` leaves the time of day out."""

    text: str
    ago: timedelta | None = None
    day_only: bool = False

    def written(self, now: datetime) -> str:
        """As a chart has it, when the case plays at `now`."""
        if self.ago is None:
            return self.text
        moment = now - self.ago
        return moment.date().isoformat() if self.day_only else moment.astimezone(UTC).isoformat()


def parse_time(value: Any) -> CaseTime:
    """Read a time; raises ValueError saying what was expected."""
    if isinstance(value, CaseTime):
        return value
    text = str(value)
    match = _AGO.fullmatch(text)
    if match:
        return CaseTime(text, parse_length(match[1]).time, bool(match[2]))
    if parse_moment(text) is None:
        raise ValueError("a time such as `3 days ago`, `3 days ago (date)` or `2026-11-22` was expected")
    return CaseTime(text)


Time = Annotated[CaseTime, BeforeValidator(parse_time)]
