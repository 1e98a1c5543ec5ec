"""Toy cards over the real vocabulary."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from app.knowledge.card import Card
from app.knowledge.knowledge import Knowledge
from tests.support.charts import knowledge

_REVIEW: dict[str, Any] = {
    "developer": "a test",
    "funding": "none",
    "reviewed_on": None,
    "review_due": "2027-11-22",
    "version": "1.0",
    "released": "2026-11-22",
    "revised": None,
    "uses": [],
}
_EVIDENCE: dict[str, Any] = {
    "citation": "Of toys",
    "organisation": "Toy makers",
    "year": 2026,
    "url": "https://example.org/toys",
    "checked": "2026-11-22",
    "mark": "D",
}


def words(text: str = "{because}: look.") -> dict[str, str]:
    """What a card says at a level."""
    return {"summary": text, "detail": "Consider looking."}


def item(order: str, **elements: Any) -> dict[str, Any]:
    """A line of a workup."""
    return {"order": order, "priority": "routine", "line": "first", "reason": f"To see {order}.", **elements}


def toy(name: str, level: str = "info", signal: dict[str, Any] | None = None, **elements: Any) -> Card:
    """A card with one signal, `sign`, that fires at one level, unless elements say otherwise."""
    data: dict[str, Any] = {
        "id": name,
        "title": f"Toy {name}",
        "status": "active",
        "source_line": "toys",
        "summary": "A toy.",
        "applies_to": {"weakness": "both"},
        "signals": {"sign": signal or {"weakness": ["specific", "promoted", "non-specific"]}},
        "levels": {level: {"all_of": ["sign"]}},
        "workup": [],
        "limits": ["It is a toy."],
        "source": "toys",
        "evidence": {"toys": _EVIDENCE},
        "review": _REVIEW,
        **elements,
    }
    data.setdefault("card", {one: words() for one in data["levels"]})
    return Card.model_validate_json(json.dumps(data))


def knowing(*cards: Card, quiet_card: str | None = None) -> Knowledge:
    """The real vocabulary and rules with these cards in place of the real ones."""
    known = knowledge()
    weakness = known.rules.weakness.model_copy(update={"quiet_card": quiet_card or cards[0].id})
    return replace(known, cards=cards, rules=known.rules.model_copy(update={"weakness": weakness}))
