"""What a card says of an order for this patient stands in that order, where whoever signs it looks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from app.cases.run import evaluate_case
from app.cases.schema import Case
from app.facts.context import Lexicon
from tests.support.charts import knowledge, lexicon

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
Fact = dict[str, Any]

_WARFARIN: Fact = {"medication": "anticoagulant", "authored": "100 days ago"}
_KIDNEY: Fact = {"finding": "advanced-kidney-disease", "code": "N18.4", "recorded": "1 years ago"}
_MS: Fact = {"finding": "multiple-sclerosis", "recorded": "5 years ago"}
_ABSCESS: Fact = {"finding": "spinal-infection", "onset": "3 days ago"}
_WEAK_LEG: Fact = {"finding": "leg-weakness", "onset": "3 days ago"}
_WEAK_LEG_TODAY: Fact = {"finding": "leg-weakness", "onset": "2 hours ago"}
_MYELITIS: Fact = {"finding": "acute-flaccid-myelitis", "onset": "3 days ago"}
_WEAK_LEGS: Fact = {"finding": "leg-weakness", "code": "249943000", "onset": "3 days ago"}
_WEAK_SIDE: Fact = {"finding": "hemiparesis", "onset": "2 hours ago"}
_RETENTION: Fact = {"finding": "urinary-retention", "onset": "2 days ago"}
_CANCER: Fact = {"finding": "cancer-active", "recorded": "2 years ago"}
_OLD_WEAKNESS: Fact = {"finding": "leg-weakness", "onset": "60 days ago"}


def _lab(lab: str, value: float, when: str, **elements: str) -> Fact:
    return {"lab": lab, "value": value, "unit": "mmol/L", "when": f"{when} ago", **elements}


_HAEMOLYSED = _lab("potassium", 6.8, "2 hours", note="sample haemolysed")
NOTES: list[tuple[str, list[Fact], dict[str, str]]] = [
    ("cord-compression", [_WEAK_LEG, _ABSCESS], {"MRI whole spine": "MRI with contrast"}),
    ("cord-compression", [_WEAK_LEG, _ABSCESS, _KIDNEY], {"MRI whole spine": "check before gadolinium"}),
    (
        "infection",
        [_WEAK_LEG, _MYELITIS, _KIDNEY],
        dict.fromkeys(("MRI whole spine", "MRI brain"), "consider the risk of gadolinium"),
    ),
    ("hyperkalemia", [_OLD_WEAKNESS, _HAEMOLYSED], {"basic metabolic panel": "reported as haemolysed"}),
    (
        "multiple-sclerosis",
        [_WEAK_LEG, _MS, _KIDNEY],
        dict.fromkeys(("MRI brain", "MRI cervical spine", "MRI thoracic spine"), "consider the risk of gadolinium"),
    ),
    (
        "multiple-sclerosis",
        [_WEAK_LEG, _MS, _RETENTION, _KIDNEY],
        {"MRI whole spine": "consider the risk of gadolinium"},
    ),
    (
        "stroke",
        [_WEAK_SIDE, _WARFARIN],
        dict.fromkeys(("emergency referral", "CT head"), "An anticoagulant is prescribed; say so"),
    ),
    ("sudden-onset", [_WEAK_LEG_TODAY, _WARFARIN], {"CT head": "An anticoagulant is prescribed; consider haemorrhage"}),
    ("sudden-onset", [_WEAK_LEGS, _WARFARIN], {"MRI whole spine": "An anticoagulant is prescribed; consider"}),
]


class Repeat(NamedTuple):
    """An order that is asked for again for a reason of today, and then not also as one of a list of tests."""

    card: str
    chart: list[Fact]
    order: str
    says: str
    never: str


_PANEL, _MAGNESIUM = "basic metabolic panel", "magnesium"
_OLD_VALUES = (_lab("potassium", 3.1, "10 days"), _lab("potassium", 5.7, "10 days"), _lab("sodium", 131, "10 days"))
_OLD_MAGNESIUM = _lab("magnesium", 0.6, "10 days")
_HIGH, _LOW = (_lab("potassium", value, "2 days") for value in (5.7, 3.2))
_LOW_SODIUM, _LOW_MAGNESIUM = _lab("sodium", 131, "2 days"), _lab("magnesium", 0.6, "2 days")
_BASELINE, _AGAIN, _NOW = "baseline-workup", "suggest a repeat", "repeat it at once"
REPEATS = [
    *(Repeat(_BASELINE, [_OLD_WEAKNESS, old], _PANEL, _AGAIN, "Potassium, sodium, glucose") for old in _OLD_VALUES),
    Repeat(_BASELINE, [_OLD_WEAKNESS, _OLD_MAGNESIUM], _MAGNESIUM, _AGAIN, "Not part of a basic metabolic panel"),
    Repeat("hyperkalemia", [_OLD_WEAKNESS, _HAEMOLYSED], _PANEL, _NOW, "Confirm the potassium"),
    Repeat("hyperkalemia", [_WEAK_LEG, _HIGH], _PANEL, _NOW, "Confirm the potassium"),
    Repeat("hypokalemia", [_WEAK_LEG, _LOW], _PANEL, _NOW, "Confirm the potassium"),
    Repeat("hyponatremia", [_WEAK_LEG, _LOW_SODIUM], _PANEL, _NOW, "Confirm the sodium"),
    Repeat("hypomagnesemia", [_WEAK_LEG, _LOW_MAGNESIUM], _MAGNESIUM, _NOW, "Confirm the magnesium"),
]

MOVED = [
    # the card that it stands on, the chart, the order, and what the card that it comes from knows
    ("cord-compression", [_WEAK_LEG, _MYELITIS, _KIDNEY, _CANCER], "MRI whole spine", "the risk of gadolinium"),
    ("hyponatremia", [_WEAK_LEG, _HAEMOLYSED, _lab("sodium", 118, "2 hours")], _PANEL, "reported as haemolysed"),
]


def wrong_notes(card: str, lexicon: Lexicon) -> Iterator[str]:
    """Every order of this card that does not say what it must, or says what it must not."""
    for name, chart, expected in NOTES:
        orders = _orders(name, chart, lexicon) if name == card else {}
        for order, words in expected.items() if name == card else ():
            if words not in _texts(orders, order, "note"):
                yield f"{name}, {order}: the note does not say {words}"
    for repeat in REPEATS:
        if repeat.card == card:
            reasons = _texts(_orders(card, repeat.chart, lexicon), repeat.order, "reasonCode")
            if repeat.says not in reasons or repeat.never in reasons:
                yield f"{card}, {repeat.order}: {reasons}, not {repeat.says} alone"


def _orders(card: str, chart: list[Fact], lexicon: Lexicon) -> dict[str, Any]:
    """The ServiceRequests that this card suggests, by name."""
    case = Case.model_validate({"name": card, "kind": "other", "chart": tuple(chart), "expect": {"level": "none"}})
    cards = evaluate_case(case, NOW, lexicon).response.cards
    shown = [one for one in cards if one.source.topic.code == card]
    orders = [action.resource for one in shown for button in one.suggestions for action in button.actions]
    return {order["code"]["text"]: order for order in orders}


def _texts(orders: dict[str, Any], order: str, element: str) -> str:
    return "\n".join(one["text"] for one in orders.get(order, {}).get(element, []))


@pytest.mark.parametrize("card", sorted({name for name, *_ in NOTES} | {repeat.card for repeat in REPEATS}))
def test_an_order_says_what_the_card_knows(card: str) -> None:
    assert list(wrong_notes(card, lexicon())) == []


def test_every_card_with_a_caution_for_an_order_is_tried() -> None:
    cautious = {card.id for card in knowledge().cards if any(one.orders for one in card.cautions)}
    assert cautious == {name for name, *_ in NOTES}


@pytest.mark.parametrize(("card", "chart", "order", "says"), MOVED)
def test_an_order_keeps_what_a_card_knows_that_leaves_it_to_another(
    card: str, chart: list[Fact], order: str, says: str
) -> None:
    assert says in _texts(_orders(card, chart, lexicon()), order, "note")
