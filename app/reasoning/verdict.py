"""What follows for a card from the truths of its signals, and from nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from app.knowledge.card import LEVELS, Card, Level
from app.knowledge.signal import LabSignal
from app.reasoning.truth import Truth, decide, deciding, undecided

Status = Literal["fired", "not met", "unknown", "not applicable"]


class Verdict(Struct, frozen=True, gc=False):
    """`deciding` and `undecided` are names of signals; `level` is set when the card fired.

    `missing` is what the undecided signals ask for: a lab's name, or the signal's own.
    """

    status: Status
    level: Level | None = None
    deciding: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def judge(card: Card, legs: bool, truths: Mapping[str, Truth]) -> Verdict:
    """The verdict on a patient whose weakness is of the `legs`, or not."""
    return judge_levels(card, truths) if _applies(card, legs, truths) else Verdict("not applicable")


def judge_levels(card: Card, truths: Mapping[str, Truth]) -> Verdict:
    """The verdict whoever the patient is: the highest level that holds."""
    open_names: list[str] = []
    for level in (one for one in LEVELS if one in card.levels):
        truth = decide(card.levels[level], truths)
        if truth:
            names = tuple(deciding(card.levels[level], truths))
            return Verdict("fired", level, names, *_hanging_on(card, open_names))
        if truth is None:
            open_names += undecided(card.levels[level], truths)
    return Verdict("unknown" if open_names else "not met", None, (), *_hanging_on(card, open_names))


def _applies(card: Card, legs: bool, truths: Mapping[str, Truth]) -> bool:
    wanted = card.applies_to
    kinds = ("both", "leg-weakness") if legs else ("both", "non-specific-weakness")
    return wanted.weakness in kinds or any(truths[name] for name in wanted.also_on)


def _hanging_on(card: Card, names: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Undecided signals, each once, and what they ask for."""
    signals = {name: card.signals[name] for name in names}
    missing = [one.lab if isinstance(one, LabSignal) else name for name, one in signals.items()]
    return tuple(signals), tuple(dict.fromkeys(missing))
