"""Each signal put to the facts: met, not met or unknown, with the facts that say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.facts.model import Fact, Finding, LabResult, PatientFacts
from app.facts.moment import Age
from app.knowledge.signal import (
    Aged,
    AgeSignal,
    AnySignal,
    FindingSignal,
    LabSignal,
    MedicationSignal,
    SexSignal,
    StudySignal,
    WeaknessSignal,
)
from app.knowledge.vocabulary import Vocabulary
from app.reasoning.threshold import is_above, is_at_least, is_below
from app.reasoning.truth import Truth, every
from app.reasoning.weakness import Weakness, dated_age, distinct


@dataclass(frozen=True, slots=True)
class Answer:
    """A signal's truth and the facts behind it; for a lab, the value that was looked at whatever the answer."""

    truth: Truth
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What signals are put to: one patient's facts. With `confirmed_only`, suspicion does not count (decision 5)."""

    facts: PatientFacts
    weakness: Weakness
    vocabulary: Vocabulary
    confirmed_only: bool = False

    def answer(self, signal: AnySignal) -> Answer:  # noqa: PLR0911 (one branch a kind of signal)
        """Put one signal to the facts."""
        match signal:
            case LabSignal():
                return self._lab(signal)
            case FindingSignal():
                return self._finding(signal)
            case MedicationSignal():
                return self._medication(signal)
            case StudySignal():
                return self._study(signal)
            case WeaknessSignal():
                return self._weakness(signal)
            case AgeSignal():
                return self._age(signal)
            case SexSignal():
                return self._sex(signal)

    def _lab(self, signal: LabSignal) -> Answer:
        results = self.facts.labs.get(signal.lab, ())
        if not results or not results[0].age.within(signal.within.time):
            return Answer(self._missing_lab(signal))
        newest = results[0]
        return Answer(every(self._lab_parts(signal, newest)), (newest,))

    def _missing_lab(self, signal: LabSignal) -> Truth:
        """A missing result is unknown, not normal; but that it is missing can be known."""
        asks_value = signal.below or signal.at_least or signal.above or signal.above_upper_limit
        return None if asks_value or self.facts.lacks("labs") else False

    def _lab_parts(self, signal: LabSignal, newest: LabResult) -> Iterator[Truth]:
        lab = self.vocabulary.labs[signal.lab]
        if signal.below:
            yield is_below(newest, signal.below, lab)
        if signal.at_least:
            yield is_at_least(newest, signal.at_least, lab)
        if signal.above:
            yield is_above(newest, signal.above, lab)
        if signal.above_upper_limit:
            limit = newest.upper_limit
            yield None if limit is None else is_above(newest, {newest.unit: limit}, lab)
        if signal.older_than:
            yield newest.age.within(signal.older_than.time) is False
        if signal.flag:
            yield newest.haemolysed

    def _finding(self, signal: FindingSignal) -> Answer:
        found = [one for one in distinct(self.facts, signal.finding) if self._old_enough(signal, one)]
        if self.confirmed_only:
            found = [one for one in found if not one.suspected]
        return self._present(found, "findings")

    def _old_enough(self, signal: FindingSignal, finding: Finding) -> bool:
        age = dated_age(finding) if signal.dated_by == "onset-or-recorded" else finding.age
        return fits_age(signal, age)

    def _medication(self, signal: MedicationSignal) -> Answer:
        several = [one for group in signal.medication for one in self.facts.prescriptions.get(group, ())]
        limit = signal.within.time if signal.within else None
        taken = [one for one in several if one.current or (limit and one.age.within(limit))]
        return self._present(taken, "prescriptions")

    def _study(self, signal: StudySignal) -> Answer:
        states = ("ordered",) if signal.state == "ordered" else ("done", "reported")
        several = [one for name in signal.study for one in self.facts.studies.get(name, ())]
        fitting = [one for one in several if one.state in states and one.age.within(signal.within.time)]
        return self._present(fitting, "studies")

    def _weakness(self, signal: WeaknessSignal) -> Answer:
        fitting = [one for one in self.weakness.findings(signal.weakness) if fits_age(signal, one.age)]
        return Answer(bool(fitting), tuple(fitting))

    def _age(self, signal: AgeSignal) -> Answer:
        age = self.facts.patient.age
        if age is None:
            return Answer(None)
        old_enough = signal.at_least is None or age >= signal.at_least
        return Answer(old_enough and (signal.below is None or age < signal.below))

    def _sex(self, signal: SexSignal) -> Answer:
        sex = self.facts.patient.sex
        return Answer(sex == signal.sex if sex in ("female", "male") else None)

    def _present(self, facts: Iterable[Fact], kind: str) -> Answer:
        """What is there is met; what is not there is not met, unless the chart could not be looked at."""
        found = tuple(dict.fromkeys(facts))
        if not found and self.facts.lacks(kind):
            return Answer(None)
        return Answer(bool(found), found)


def fits_age(signal: Aged, age: Age) -> bool:
    """Whether something so old satisfies the signal; an unknown age is neither within nor older."""
    if signal.within and age.within(signal.within.time) is not True:
        return False
    if signal.not_within and age.within(signal.not_within.time) is True:
        return False
    if signal.older_than and age.within(signal.older_than.time) is not False:
        return False
    return not (signal.not_older_than and age.within(signal.not_older_than.time) is False)
