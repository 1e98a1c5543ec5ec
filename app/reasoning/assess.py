"""One card put to one patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from app.facts.model import Fact, Finding, Study
from app.knowledge.card import LEVELS, Card, Level
from app.knowledge.signal import LabSignal
from app.reasoning.answers import Answers
from app.reasoning.signals import Question
from app.reasoning.timing import follows
from app.reasoning.truth import Truth, decide, deciding, undecided

Status = Literal["fired", "not met", "unknown", "not applicable"]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What became of a card. `deciding` and `undecided` are names of its signals; `level` is set when it fired."""

    card: Card
    status: Status
    answers: Answers
    level: Level | None = None
    wording: Level | None = None
    deciding: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    suspected: bool = False
    answered_by: Study | None = None

    @property
    def truths(self) -> Mapping[str, Truth]:
        """The truth of each signal."""
        return self.answers.truths

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts that decided, each once."""
        return tuple(dict.fromkeys(fact for name in self.deciding for fact in self.answers[name].facts))


def assess(
    card: Card, question: Question, *, whoever: bool = False, known: Mapping[str, Truth] | None = None
) -> Assessment:
    """Evaluate a card, for `whoever` also where it does not apply; never raises for what a chart lacks.

    `known` are truths that this question has been asked for already.
    """
    answers = Answers(card.signals, question, known)
    if not (whoever or _applies(card, question, answers)):
        return Assessment(card, "not applicable", answers)
    found = _at_highest_level(card, answers)
    if found.level is None:
        return found
    found = _weighed_for_suspicion(found, question)
    found = _capped_for_promotion(found, question)
    return _answered(found, question)


def _applies(card: Card, question: Question, answers: Answers) -> bool:
    wanted = card.applies_to
    kinds = ("both", "leg-weakness") if question.weakness.of_the_legs else ("both", "non-specific-weakness")
    return wanted.weakness in kinds or any(answers.truths[name] for name in wanted.also_on)


def _at_highest_level(card: Card, answers: Answers) -> Assessment:
    truths = answers.truths
    open_names: list[str] = []
    for level in (one for one in LEVELS if one in card.levels):
        truth = decide(card.levels[level], truths)
        if truth:
            names = tuple(deciding(card.levels[level], truths))
            return Assessment(card, "fired", answers, level, level, names, tuple(dict.fromkeys(open_names)))
        if truth is None:
            open_names += undecided(card.levels[level], truths)
    missing = tuple(dict.fromkeys(open_names))
    return Assessment(card, "unknown" if missing else "not met", answers, undecided=missing)


def _weighed_for_suspicion(found: Assessment, question: Question) -> Assessment:
    """Suspicion says so on the card, and lifts it no higher than its file allows (decision 5)."""
    if not any(isinstance(fact, Finding) and fact.suspected for fact in found.facts):
        return found
    sure = _at_highest_level(found.card, Answers(found.card.signals, replace(question, confirmed_only=True)))
    if sure.level == found.level:
        return found
    allowed = _lower(found.level, found.card.suspected_at_most)
    if sure.level and LEVELS.index(sure.level) <= LEVELS.index(allowed):
        return sure
    return replace(_at_level(found, allowed), suspected=True)


def _capped_for_promotion(found: Assessment, question: Question) -> Assessment:
    """Leg weakness that was inferred caps some cards (decision 3)."""
    cap = found.card.promoted
    if cap is None or question.weakness.kind != "promoted" or any(found.truths[name] for name in cap.unless):
        return found
    return _at_level(found, _lower(found.level, cap.at_most))


def _answered(found: Assessment, question: Question) -> Assessment:
    """A study reported after the newest sign answers an emergency; what remains is to act on it (decision 25)."""
    rule = found.card.answered_by
    if rule is None or found.level is None or LEVELS.index(found.level) > LEVELS.index(rule.level):
        return found
    signs = [fact for fact in found.facts if isinstance(fact, Finding)]
    if not signs:
        return found
    for name in rule.study:
        for study in question.facts.studies.get(name, ()):
            if study.state == "reported" and all(follows(study, one, rule.undated_within.time) for one in signs):
                return replace(_at_level(found, rule.level), answered_by=study)
    return found


def _lower(one: Level | None, other: Level) -> Level:
    return max(one or other, other, key=LEVELS.index)


def _at_level(found: Assessment, level: Level) -> Assessment:
    """The same assessment at another level; where the card has no words for it, those of the level that fired serve."""
    return replace(found, level=level, wording=level if level in found.card.card else found.wording)


def missing_inputs(found: Assessment) -> tuple[str, ...]:
    """What the undecided signals ask for: a lab's name, or the signal's own."""
    signals = {name: found.card.signals[name] for name in found.undecided}
    return tuple(dict.fromkeys(one.lab if isinstance(one, LabSignal) else name for name, one in signals.items()))
