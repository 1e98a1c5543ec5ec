"""Which orders a fired card still asks for, and which were found done or ordered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from app.facts.model import LabResult, PatientFacts, Study
from app.knowledge.card import PRIORITIES, Level, Priority, WorkupItem
from app.knowledge.rules import EvaluationRules
from app.knowledge.signal import WeaknessKind
from app.knowledge.vocabulary import OrderEntry, Redundant, Vocabulary
from app.reasoning.assess import Assessment
from app.reasoning.timing import is_of_this_episode
from app.reasoning.truth import decide
from app.reasoning.weakness import Weakness

_ALL: tuple[WeaknessKind, ...] = ("specific", "promoted", "non-specific")


@dataclass(frozen=True, slots=True)
class Proposal:
    """An order worth suggesting, with each card's reason for it."""

    order: str
    priority: Priority
    line: str
    reasons: tuple[str, ...]
    pending: Study | None = None


@dataclass(frozen=True, slots=True)
class Suppressed:
    """An order that is not suggested because of what was found."""

    order: str
    found: Study | LabResult


@dataclass(frozen=True, slots=True)
class Workup:
    """What a card asks for, in its sequence, and what it need not ask for."""

    proposals: tuple[Proposal, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """What is needed to look an order up."""

    facts: PatientFacts
    weakness: Weakness
    vocabulary: Vocabulary
    rules: EvaluationRules

    def workup(self, found: Assessment) -> Workup:
        """Go through the card's workup."""
        several = [self._consider(item, found) for item in found.card.workup if _wanted(item, found)]
        return Workup(
            tuple(one for one in several if isinstance(one, Proposal)),
            tuple(one for one in several if isinstance(one, Suppressed)),
        )

    def _consider(self, item: WorkupItem, found: Assessment) -> Proposal | Suppressed:
        priority = priority_at(item, found.level or "info")
        proposal = Proposal(item.order, priority, item.line, (item.reason,))
        again = item.even_if_done_when is not None and decide(item.even_if_done_when, found.truths)
        done = next(self._done(item.order), None)
        if done and not again:
            return Suppressed(item.order, done)
        pending = next(self._ordered(item.order), None)
        if pending is None:
            return proposal
        if found.level == "critical" and _is_slower(pending.priority, priority):
            # Decision 25: an order that waits its turn does not answer an emergency.
            return Proposal(item.order, priority, item.line, (item.reason,), pending)
        return Suppressed(item.order, pending)

    def _done(self, order: str) -> Iterator[Study | LabResult]:
        entry = self.vocabulary.orders[order]
        if entry.redundant is None:
            return
        limit = (entry.redundant.done_acute if self._is_acute() else None) or entry.redundant.done
        for study in self._studies(order):
            if study.state != "ordered" and study.age.within(limit.time) and self._counts(study, entry.redundant):
                yield study
        yield from self._resulted(entry, limit.time)

    def _resulted(self, entry: OrderEntry, limit: timedelta) -> Iterator[LabResult]:
        """A lab order is answered by its result; a panel by the results of all that it covers."""
        labs = [entry.lab] if entry.lab else [self.vocabulary.orders[name].lab for name in entry.covers]
        newest = [next(iter(self.facts.labs.get(lab or "", ())), None) for lab in labs]
        recent = [one for one in newest if one and one.age.within(limit)]
        if labs and len(recent) == len(labs):
            yield min(recent, key=lambda result: result.when)

    def _ordered(self, order: str) -> Iterator[Study]:
        redundant = self.vocabulary.orders[order].redundant
        for study in self._studies(order) if redundant else ():
            in_time = redundant and study.age.within(redundant.ordered.time)
            if study.state == "ordered" and in_time and self._counts(study, redundant):
                yield study

    def _studies(self, order: str) -> Iterator[Study]:
        """Studies of this order and of what makes it needless."""
        wider = (name for name, entry in self.vocabulary.orders.items() if order in entry.covers)
        for name in (order, *self.vocabulary.orders[order].satisfied_by, *wider):
            yield from self.facts.studies.get(name, ())

    def _counts(self, study: Study, redundant: Redundant | None) -> bool:
        after_onset = redundant is not None and redundant.after_onset
        return not after_onset or is_of_this_episode(study, self.weakness.findings(_ALL))

    def _is_acute(self) -> bool:
        limit = self.rules.acute_weakness.time
        return any(finding.age.within(limit) for finding in self.weakness.findings(_ALL))


def _wanted(item: WorkupItem, found: Assessment) -> bool:
    if found.level not in item.levels or (found.answered_by and item.order == found.answered_by.order):
        return False
    if item.when and not decide(item.when, found.truths):
        return False
    return not (item.unless and decide(item.unless, found.truths))


def priority_at(item: WorkupItem, level: Level) -> Priority:
    """The item's priority at a level; where a level is not named, that of the least urgent one that is."""
    if isinstance(item.priority, str):
        return item.priority
    return item.priority.get(level, max(item.priority.values(), key=PRIORITIES.index))


def _is_slower(one: str, other: Priority) -> bool:
    known = PRIORITIES.index(one) if one in PRIORITIES else PRIORITIES.index("routine")
    return known > PRIORITIES.index(other) and PRIORITIES.index(other) < PRIORITIES.index("routine")
