"""What was done or ordered already, and whether it still makes an order needless."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from app.facts.model import LabResult, PatientFacts, Study
from app.knowledge.card import PRIORITIES
from app.knowledge.knowledge import Knowledge
from app.knowledge.signal import WeaknessKind
from app.knowledge.vocabulary import OrderEntry, Redundant, Vocabulary
from app.reasoning.timing import is_of_this_episode
from app.reasoning.weakness import Weakness

_ALL: tuple[WeaknessKind, ...] = ("specific", "promoted", "non-specific")


def urgency(priority: str) -> int:
    """Lower is more urgent; what is not a FHIR priority counts as routine."""
    return PRIORITIES.index(priority) if priority in PRIORITIES else PRIORITIES.index("routine")


@dataclass(frozen=True)
class Records:
    """One patient's studies and results, for this weakness."""

    facts: PatientFacts
    weakness: Weakness
    knowledge: Knowledge

    @property
    def vocabulary(self) -> Vocabulary:
        """The orders and labs by name."""
        return self.knowledge.vocabulary

    def done(self, order: str, windows: Redundant) -> Study | LabResult | None:
        """The study or result that is recent enough, or None."""
        limit = ((windows.done_acute if self._is_acute else None) or windows.done).time
        studies = (one for one in self._studies(order, windows) if one.state != "ordered" and one.age.within(limit))
        return next(studies, None) or self._result(self.vocabulary.orders[order], limit)

    def pending(self, order: str, windows: Redundant) -> Study | None:
        """The most urgent order that is still open and recent enough, or None."""
        limit = windows.ordered.time
        studies = self._studies(order, windows)
        pending = [one for one in studies if one.state == "ordered" and one.age.within(limit)]
        return min(pending, key=lambda study: urgency(study.priority), default=None)

    def _result(self, entry: OrderEntry, limit: timedelta) -> LabResult | None:
        """A lab order is answered by its result; a panel by the results of all that it covers."""
        labs = [entry.lab] if entry.lab else [self.vocabulary.orders[name].lab for name in entry.covers]
        newest = [next(iter(self.facts.labs.get(lab or "", ())), None) for lab in labs]
        recent = [one for one in newest if one and one.age.within(limit)]
        return min(recent, key=lambda result: result.when) if labs and len(recent) == len(labs) else None

    def _studies(self, order: str, windows: Redundant) -> Iterator[Study]:
        """Studies of this order, or of one that makes it needless; where it matters, only those of this episode."""
        if not self.facts.studies:
            return
        wider = self.knowledge.index.covered_by.get(order, ())
        for name in (order, *self.vocabulary.orders[order].satisfied_by, *wider):
            for study in self.facts.studies.get(name, ()):
                if not windows.after_onset or is_of_this_episode(study, self.weakness.findings(_ALL)):
                    yield study

    @cached_property
    def _is_acute(self) -> bool:
        limit = self.knowledge.rules.acute_weakness.time
        return any(finding.age.within(limit) for finding in self.weakness.findings(_ALL))
