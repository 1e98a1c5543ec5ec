"""One card put to one patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.facts.model import Fact, Finding, Study
from app.knowledge.card import LEVELS, Card, Level
from app.reasoning.answers import Answers
from app.reasoning.signals import Question
from app.reasoning.timing import follows
from app.reasoning.truth import Truth
from app.reasoning.verdict import Status, Verdict, judge, judge_levels


@dataclass(frozen=True, slots=True)
class Assessment:
    """What became of a card for one patient: its verdict, with facts; `level` and `wording` are those it speaks at."""

    card: Card
    verdict: Verdict
    answers: Answers
    level: Level | None = None
    wording: Level | None = None
    suspected: bool = False
    answered_by: Study | None = None

    @property
    def status(self) -> Status:
        """What it came to."""
        return self.verdict.status

    @property
    def deciding(self) -> tuple[str, ...]:
        """The signals that made it fire."""
        return self.verdict.deciding

    @property
    def undecided(self) -> tuple[str, ...]:
        """The signals that it hangs on."""
        return self.verdict.undecided

    @property
    def missing(self) -> tuple[str, ...]:
        """What the undecided signals ask for."""
        return self.verdict.missing

    @property
    def truths(self) -> Mapping[str, Truth]:
        """The truth of each signal."""
        return self.answers.truths

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts that decided, each once."""
        return tuple(dict.fromkeys(fact for name in self.deciding for fact in self.answers[name].facts))


def assess(card: Card, question: Question, *, whoever: bool = False) -> Assessment:
    """Evaluate a card, for `whoever` also where it does not apply; never raises for what a chart lacks."""
    answers = Answers(card.signals, question)
    if whoever:
        return weigh(card, judge_levels(card, answers.truths), answers, question)
    return weigh(card, judge(card, question.weakness.of_the_legs, answers.truths), answers, question)


def weigh(card: Card, verdict: Verdict, answers: Answers, question: Question) -> Assessment:
    """What a verdict comes to, seen by the facts behind it."""
    found = _speaking(card, verdict, answers)
    if found.level is None:
        return found
    found = _weighed_for_suspicion(found, question)
    found = _capped_for_promotion(found, question)
    return _answered(found, question)


def _speaking(card: Card, verdict: Verdict, answers: Answers) -> Assessment:
    return Assessment(card, verdict, answers, verdict.level, verdict.level)


def _weighed_for_suspicion(found: Assessment, question: Question) -> Assessment:
    """Suspicion says so on the card, and lifts it no higher than its file allows (decision 5)."""
    if not any(isinstance(fact, Finding) and fact.suspected for fact in found.facts):
        return found
    answers = Answers(found.card.signals, replace(question, confirmed_only=True))
    sure = _speaking(found.card, judge_levels(found.card, answers.truths), answers)
    if sure.level == found.level:
        return found
    allowed = _lower(found.level, found.card.suspected_at_most)
    if sure.level and LEVELS.index(sure.level) <= LEVELS.index(allowed):
        return sure
    return replace(_at_level(found, allowed), suspected=True)


def _capped_for_promotion(found: Assessment, question: Question) -> Assessment:
    cap = promotion_cap(found, question)
    return _at_level(found, _lower(found.level, cap)) if cap else found


def promotion_cap(found: Assessment, question: Question) -> Level | None:
    """Leg weakness that was inferred caps some cards (decision 3)."""
    cap = found.card.promoted
    if cap is None or question.weakness.kind != "promoted" or any(found.truths[name] for name in cap.unless):
        return None
    return cap.at_most


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
