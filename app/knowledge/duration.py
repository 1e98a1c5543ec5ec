"""Lengths of time as clinicians write them: `24 hours`, `7 days`, `6 months`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

_YEAR = 365.25  # days, the Julian year; a month is its twelfth
_DAYS = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1, "week": 7, "month": _YEAR / 12, "year": _YEAR}


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time and the words it was written in."""

    text: str
    time: timedelta


def parse_length(value: Any) -> Length:
    """Read `<number> minutes|hours|days|weeks|months|years`; raises ValueError saying what was expected."""
    if isinstance(value, Length):
        return value
    match = re.fullmatch(r"(\d+) (minute|hour|day|week|month|year)s?", str(value))
    if match is None:
        raise ValueError(f"a length of time such as `24 hours`, `7 days` or `6 months` was expected, not `{value}`")
    return Length(str(value), timedelta(days=int(match[1]) * _DAYS[match[2]]))


Duration = Annotated[Length, BeforeValidator(parse_length), PlainSerializer(lambda length: length.text)]
