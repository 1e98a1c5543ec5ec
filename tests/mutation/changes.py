"""Where a piece of knowledge can be loosened or tightened, and what to put there."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

CUTS = frozenset({"below", "at_least", "above", "at_least_times_limit", "adult_from", "cards_at_most", "count"})
WINDOWS = frozenset(
    {
        *("within", "not_within", "older_than", "not_older_than", "undated_within", "started_before_weakness", "stay"),
        *("done", "done_acute", "ordered"),
        *("encounter_diagnosis_counts", "future_tolerance", "acute_weakness", "quiet_after"),
    }
)
LISTS = frozenset(
    {
        *("finding", "medication", "study", "cards", "levels", "orders", "at", "unless", "weakness", "also_on", "of"),
        *("all_of", "any_of", "none_of"),
        *("specific", "non_specific", "leg_directed", "most_urgent_first"),
        *("satisfied_by", "replaced_by", "covers"),
    }
)
CONDITIONS = frozenset({"when", "unless", "even_if_done_when", "even_if_ordered_when"})
"""What holds a card or an order back: without it, the card speaks more often, or less."""
SWITCHES = frozenset({"after_onset", "with_weakness", "before_weakness", "not_promoting"})
FACTORS = (0.94, 1.06)
"""A cut moves just further than the 5 percent within which the cases must come on either side."""
WINDOW_STEP = 0.15
PARTS = {"year": (12, "month"), "month": (30, "day"), "week": (7, "day"), "day": (24, "hour"), "hour": (60, "minute")}
Where = tuple[str | int, ...]


@dataclass(frozen=True)
class Change:
    """Another value at one place; None takes the key away."""

    where: Where
    value: Any

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.where))} -> {'nothing' if self.value is None else self.value}"

    def made(self, data: Any) -> Any:
        """A copy of the data with this change."""
        changed = copy.deepcopy(data)
        place = changed
        for step in self.where[:-1]:
            place = place[step]
        place[self.where[-1]] = self.value
        if self.value is None:
            del place[self.where[-1]]
        return changed


def changes(data: Any, here: Where = ()) -> Iterator[Change]:
    """Every change of every number, window, list, condition and switch below a place."""
    if isinstance(data, list):
        for index, item in enumerate(data):
            yield from changes(item, (*here, index))
    if not isinstance(data, dict):
        return
    for key, value in data.items():
        yield from (Change((*here, *where), other) for where, other in _others(key, value))
        yield from changes(value, (*here, key))


def _others(key: str, value: Any) -> Iterator[tuple[Where, Any]]:
    """What may stand in place of one value."""
    if key in WINDOWS and isinstance(value, str):
        yield from (((key,), window) for window in _longer_and_shorter(value))
    if key in CUTS:
        yield from _cuts(key, value)
    if key in LISTS and isinstance(value, list):
        yield from (((key,), value[:index] + value[index + 1 :]) for index in range(len(value)))
    if key in CONDITIONS and isinstance(value, dict):
        yield (key,), None
    if key in SWITCHES and isinstance(value, bool):
        yield (key,), not value


def _cuts(key: str, value: Any) -> Iterator[tuple[Where, Any]]:
    """A cut by unit, or a plain number."""
    if isinstance(value, dict) and "of" not in value:
        yield from (((key, unit), round(cut * factor, 3)) for unit, cut in value.items() for factor in FACTORS)
    elif isinstance(value, int | float):
        yield from (((key,), value + step) for step in (-1, 1))


def _longer_and_shorter(text: str) -> Iterator[str]:
    number, unit = text.split()
    count, unit = int(number), unit.removesuffix("s")
    if count == 1:
        count, unit = PARTS[unit]
    step = max(1, round(count * WINDOW_STEP))
    yield from (f"{changed} {unit}s" for changed in (count + step, count - step))
