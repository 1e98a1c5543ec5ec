"""What an evaluation adds to the record of its call."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from app.facts.model import Study
from app.observability.call import CallRecord, CardMark
from app.reasoning.assess import Assessment
from app.reasoning.conclude import Conclusion, Withheld

Suppression = Literal["order-pending", "order-done", "order-reported", "recent-result", "covered", "over-limit", "idle"]
"""Orders not suggested because of what the chart holds; cards that gave way, found no room, or had nothing to ask."""

_STUDY: dict[str, Suppression] = {"ordered": "order-pending", "done": "order-done", "reported": "order-reported"}


def note_conclusion(call: CallRecord, conclusion: Conclusion, knowledge_version: str) -> None:
    """Note which cards spoke, which only would have, and what was held back."""
    call.knowledge = knowledge_version
    call.cards = [_mark(one.found) for one in conclusion.advice]
    call.shadow = [_mark(one) for one in conclusion.shadow]
    call.suppressions = dict(Counter([*_orders(conclusion), *(_why(one) for one in conclusion.withheld)]))


def _mark(found: Assessment) -> CardMark:
    return CardMark(found.card.id, found.level or "info")


def _orders(conclusion: Conclusion) -> list[Suppression]:
    """Each order once for each record that makes it needless, as the response counts them."""
    found = {(one.order, one.found.reference): one.found for advice in conclusion.advice for one in advice.suppressed}
    return [_STUDY[one.state] if isinstance(one, Study) else "recent-result" for one in found.values()]


def _why(withheld: Withheld) -> Suppression:
    """The reason in words names other cards and numbers; a label must come from a closed set."""
    if withheld.reason.startswith("covered by "):
        return "covered"
    return "over-limit" if withheld.reason.startswith("more than ") else "idle"
