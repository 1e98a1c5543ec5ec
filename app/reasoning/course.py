"""The verdicts on one card so far: what was worked out for one patient serves the next who answers alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from app.knowledge.card import Card
from app.reasoning.truth import Truth
from app.reasoning.verdict import Verdict, judge

MOST_STEPS = 2_000
"""How many questions a course remembers: no chart, however odd, makes it grow for ever."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A signal that is asked for, and by its truth what comes next."""

    signal: str
    then: dict[Truth, _Step | Verdict] = field(default_factory=dict)


class Course:
    """A tree of signals in the order in which the card asks for them; it ends in verdicts.

    The order depends on the truths alone, so that no more is asked than without it. It holds names of signals and
    truths, nothing of any patient.
    """

    def __init__(self, card: Card) -> None:
        self.steps = 0
        self._card = card
        self._begins: dict[Truth, _Step | Verdict] = {}

    def verdict(self, legs: bool, truths: Mapping[str, Truth]) -> Verdict:
        """As `judge` has it."""
        came = self._begins.get(legs)
        while isinstance(came, _Step):
            came = came.then.get(truths[came.signal])
        return came or self._learn(legs, truths)

    def _learn(self, legs: bool, truths: Mapping[str, Truth]) -> Verdict:
        heard = _Heard(truths)
        verdict = judge(self._card, legs, heard)
        if self.steps < MOST_STEPS:
            self.steps += len(heard)
            branches, truth = self._begins, cast(Truth, legs)
            for signal, answer in heard.items():
                step = branches.setdefault(truth, _Step(signal))
                assert isinstance(step, _Step)  # noqa: S101 (tells the type checker that a verdict is never passed)
                branches, truth = step.then, answer
            branches[truth] = verdict
        return verdict


class _Heard(dict[str, Truth]):
    """The truths that were asked for, in the order in which they were."""

    def __init__(self, truths: Mapping[str, Truth]) -> None:
        super().__init__()
        self._truths = truths

    def __missing__(self, signal: str) -> Truth:
        truth = self[signal] = self._truths[signal]
        return truth
