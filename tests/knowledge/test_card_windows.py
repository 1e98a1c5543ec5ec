"""Where a card keeps windows of its own for an order: as its section of the evidence prints them, at each edge.

Each row is a patient for whom the real card asks for the order. `old` has a weakness that is older than the windows,
`new` one of three days, or of five months where the card needs it to be older.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.cases.run import evaluate_case
from app.cases.schema import Case
from app.facts.context import Lexicon
from tests.knowledge.probe import MINUTE, length
from tests.knowledge.windows import Window
from tests.support.charts import knowledge, lexicon

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
Fact = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """`before` is a time within the windows and before the weakness of `new`."""

    card: str
    order: str
    window: Window
    old: tuple[Fact, ...]
    new: tuple[Fact, ...]
    before: str = "5 days"
    done_as: str = "procedure"

    def __str__(self) -> str:
        return f"{self.card}: {self.order}, {self.window.done}"


def finding(name: str, onset: str, **elements: str) -> Fact:
    """A Condition of so long ago."""
    return {"finding": name, "onset": f"{onset} ago", **elements}


def weak(onset: str) -> Fact:
    """A paresis of one leg."""
    return finding("leg-weakness", onset)


_WEEK = Window("7 days", "7 days", episode=True)
_FORTNIGHT = Window("14 days", "14 days", episode=True)
_DAY = Window("24 hours", "7 days", episode=True)
_YEAR = Window("12 months", "30 days", episode=True)
_CANCER = finding("cancer-active", "1 years", code="C61")
_NARROW_NECK = finding("cervical-thoracic-stenosis", "5 years")
_NARROW_BACK = finding("lumbar-spinal-stenosis", "5 years")
_PAIN = finding("intense-pain", "2 days")
_RETENTION = finding("urinary-retention", "2 days")
_BLADDER = finding("bladder-symptoms", "2 days")
_STATIN: Fact = {"medication": "statin", "authored": "60 days ago"}
_VAGUE = finding("weakness-nonspecific", "3 days", code="M62.81")


def _polio(onset: str) -> tuple[Fact, ...]:
    return weak(onset), finding("poliomyelitis-acute", onset)


def _syphilis(onset: str) -> tuple[Fact, ...]:
    return weak(onset), finding("neurosyphilis", "1 years")


def _guillain_barre(onset: str) -> tuple[Fact, ...]:
    return weak(onset), finding("guillain-barre", onset)


def _hips(onset: str) -> tuple[Fact, ...]:
    return weak(onset), finding("girdle-weakness", "60 days")


ROWS = (
    # 2d and red flags: a report or study of the whole spine counts for 7 days
    Row("cord-compression", "mri-whole-spine", _WEEK, (weak("20 days"), _CANCER), (weak("3 days"), _CANCER)),
    Row(
        "gait-balance",
        "mri-whole-spine",
        _WEEK,
        (finding("unable-to-walk", "20 days"),),
        (finding("unable-to-walk", "3 days"),),
    ),
    Row(
        "severe-pain",
        "mri-whole-spine",
        _WEEK,
        (weak("60 days"), _CANCER, _PAIN),
        (weak("60 days"), _VAGUE, _CANCER, _PAIN),
    ),
    Row("severe-pain", "mri-lumbar-spine", _WEEK, (weak("60 days"), _BLADDER, _PAIN), (weak("3 days"), _PAIN)),
    # 2c: needless when it is of 24 hours; the sign is newer than most studies
    Row(
        "cauda-equina",
        "mri-lumbar-spine",
        _DAY,
        (weak("60 days"), _RETENTION),
        (weak("10 hours"), _RETENTION),
        "20 hours",
    ),
    Row(
        "cauda-equina",
        "mri-whole-spine",
        _DAY,
        (finding("bilateral-leg-weakness", "60 days"), _RETENTION),
        (finding("bilateral-leg-weakness", "10 hours"), _RETENTION),
        "20 hours",
    ),
    # 2a: an MRI of a year without a new deficit; the neck by analogy
    Row(
        "spinal-stenosis",
        "mri-lumbar-spine",
        _YEAR,
        (weak("2 years"), _NARROW_BACK),
        (weak("5 months"), _NARROW_BACK),
        "6 months",
    ),
    Row(
        "cord-compression",
        "mri-cervical-spine",
        _YEAR,
        (weak("2 years"), _NARROW_NECK),
        (weak("5 months"), _NARROW_NECK),
        "6 months",
    ),
    # 1b and 9: this episode, 14 days
    Row("guillain-barre", "nerve-conduction-emg", _FORTNIGHT, _guillain_barre("20 days"), _guillain_barre("3 days")),
    Row("infection", "nerve-conduction-emg", _FORTNIGHT, _polio("20 days"), _polio("3 days")),
    Row("infection", "mri-brain", _FORTNIGHT, _polio("20 days"), _polio("3 days")),
    Row("infection", "mri-whole-spine", _FORTNIGHT, _polio("20 days"), _polio("3 days")),
    Row("infection", "mri-whole-spine", _FORTNIGHT, _syphilis("20 days"), _syphilis("3 days")),
    # 7: a panel of 24 hours
    Row(
        "dehydration",
        "basic-metabolic-panel",
        Window("24 hours", "24 hours"),
        (weak("60 days"), finding("dehydration", "2 days")),
        (weak("3 days"), finding("dehydration", "2 days")),
        done_as="report",
    ),
    # 8: needless for 30 days; in acute weakness as in section 4
    Row(
        "medication",
        "ck-level",
        Window("30 days", "48 hours", acute="7 days"),
        (weak("60 days"), _STATIN),
        (weak("3 days"), _STATIN),
        done_as="report",
    ),
    Row(
        "medication",
        "basic-metabolic-panel",
        Window("30 days", "24 hours", acute="24 hours"),
        (weak("60 days"), _STATIN),
        (weak("3 days"), _STATIN),
        done_as="report",
    ),
    # 5: CK of 7 days, of 24 hours when the weakness is acute
    Row(
        "myopathy",
        "ck-level",
        Window("7 days", "48 hours", acute="24 hours"),
        _hips("60 days"),
        _hips("3 days"),
        done_as="report",
    ),
)


def wrong_card_windows(card: str, lexicon: Lexicon) -> Iterator[str]:
    """Every row of this card that the knowledge answers otherwise."""
    for row in ROWS:
        if row.card == card:
            yield from _wrong(row, lexicon)


def _wrong(row: Row, lexicon: Lexicon) -> Iterator[str]:
    for words, chart, expected in _tries(row):
        if _asks(row, chart, lexicon) != expected:
            yield f"{row}: {'asked' if not expected else 'not asked'} although {words}"


def _tries(row: Row) -> Iterator[tuple[str, tuple[Fact, ...], bool]]:
    window = row.window
    yield "nothing was done", row.old, True
    for age, asked in _edges(window.done):
        yield f"done {age} ago", (*row.old, _done(row, age)), asked
    for age, asked in _edges(window.ordered):
        yield f"ordered {age} ago", (*row.old, _ordered(row, age)), asked
    for age, asked in () if window.episode else _edges(window.acute or window.done):
        yield f"weakness is new and it was done {age} ago", (*row.new, _done(row, age)), asked
    if window.episode:
        yield "it was done before the weakness", (*row.new, _done(row, length(row.before))), True


def _edges(window: str) -> list[tuple[timedelta, bool]]:
    """An age, and whether the order is asked for again at that age."""
    return [(length(window) - MINUTE, False), (length(window), False), (length(window) + MINUTE, True)]


def _done(row: Row, age: timedelta) -> Fact:
    return {row.done_as: row.order, "when": _ago(age)}


def _ordered(row: Row, age: timedelta) -> Fact:
    """As urgent as can be: a slower order never silences an emergency (decision 25)."""
    return {"order": row.order, "when": _ago(age), "priority": "stat"}


def _ago(age: timedelta) -> str:
    return f"{age // MINUTE} minutes ago"


def _asks(row: Row, chart: tuple[Fact, ...], lexicon: Lexicon) -> bool:
    """Whether this card suggests the order."""
    case = Case.model_validate({"name": row.card, "kind": "other", "chart": chart, "expect": {"level": "none"}})
    advice = evaluate_case(case, NOW, lexicon).conclusion.advice
    return any(one.order == row.order for shown in advice if shown.found.card.id == row.card for one in shown.proposals)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_card_with_windows_of_its_own_asks_again_when_they_end(row: Row) -> None:
    assert list(_wrong(row, lexicon())) == []


def test_every_card_with_windows_of_its_own_is_tried() -> None:
    own = {(card.id, item.order) for card in knowledge().cards for item in card.workup if item.redundant}
    assert own == {(row.card, row.order) for row in ROWS}
