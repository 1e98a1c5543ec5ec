"""One order asked for by several cards is suggested once, on the most urgent of them, with all their reasons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from app.knowledge.card import PRIORITIES
from app.knowledge.vocabulary import Vocabulary
from app.reasoning.workup import Proposal


def merge_orders(asked: Sequence[Sequence[Proposal]], vocabulary: Vocabulary) -> list[tuple[Proposal, ...]]:
    """Each card's proposals, most urgent card first, without those that a panel or the whole spine stands for."""
    names = list(dict.fromkeys(one.order for several in asked for one in several))
    beside = _beside(asked)
    wider = {name: _wider(name, [one for one in names if one not in beside[name]], vocabulary) for name in names}
    stands_for = {name: _widest(name, wider) for name in names}
    placed: set[str] = set()
    merged: list[tuple[Proposal, ...]] = []
    for several in asked:
        own = list(dict.fromkeys(stands_for[one.order] for one in several))
        merged.append(tuple(_joined(name, asked, stands_for) for name in own if name not in placed))
        placed.update(own)
    return merged


def _beside(asked: Sequence[Sequence[Proposal]]) -> Mapping[str, set[str]]:
    """The other orders that some card asks for beside each: a card that asks for both means both."""
    beside: dict[str, set[str]] = defaultdict(set)
    for several in asked:
        orders = {one.order for one in several}
        for order in orders:
            beside[order] |= orders - {order}
    return beside


def _widest(name: str, wider: Mapping[str, str]) -> str:
    """The end of the chain from an order to what stands for it."""
    passed = {name}
    while wider[name] not in passed:
        name = wider[name]
        passed.add(name)
    return name


def _wider(name: str, names: Sequence[str], vocabulary: Vocabulary) -> str:
    """The first order asked for that stands for this one, or itself; of two that replace each other, the first."""
    for other in names:
        replaces = name in vocabulary.orders[other].covers or other in vocabulary.orders[name].replaced_by
        mutual = name in vocabulary.orders[other].replaced_by
        if replaces and not (mutual and names.index(name) < names.index(other)):
            return other
    return name


def _joined(name: str, asked: Sequence[Sequence[Proposal]], stands_for: dict[str, str]) -> Proposal:
    several = [one for proposals in asked for one in proposals if stands_for[one.order] == name]
    return Proposal(
        order=name,
        priority=min((one.priority for one in several), key=PRIORITIES.index),
        reasons=tuple(dict.fromkeys(reason for one in several for reason in one.reasons)),
        cautions=tuple(dict.fromkeys(caution for one in several for caution in one.cautions)),
        pending=next((one.pending for one in several if one.pending), None),
    )
