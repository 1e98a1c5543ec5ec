"""Each signal put to the facts: met, not met or unknown, with the facts that say so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from msgspec import Struct

from app.facts.model import Fact, Finding, LabResult, PatientFacts, Prescription
from app.facts.moment import Age
from app.facts.newest import clean, newest
from app.knowledge.signal import (
    Aged,
    AgeSignal,
    AnySignal,
    Cut,
    FindingSignal,
    LabSignal,
    MedicationSignal,
    SexSignal,
    Signal,
    StaySignal,
    StudySignal,
    WeaknessSignal,
)
from app.knowledge.vocabulary import LabEntry, Vocabulary
from app.reasoning.threshold import is_above, is_at_least, is_below
from app.reasoning.timing import is_of_this_episode
from app.reasoning.truth import Truth, every, some
from app.reasoning.weakness import Weakness, dated_age, distinct

Comparison = Callable[[LabResult, Cut, LabEntry], Truth]


class Answer(Struct, frozen=True, gc=False):
    """A signal's truth and the facts behind it; for a lab, the value that was looked at whatever the answer."""

    truth: Truth
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What signals are put to: one patient's facts. With `confirmed_only`, suspicion does not count (decision 5).

    Suspicion never counts against a card: what is only suspected must not silence it.
    """

    facts: PatientFacts
    weakness: Weakness
    vocabulary: Vocabulary
    confirmed_only: bool = False

    def answer(self, signal: AnySignal) -> Answer:
        """Put one signal to the facts."""
        return _ANSWERS[type(signal)](self, signal)

    def _lab(self, signal: LabSignal) -> Answer:
        limit = signal.within.time
        results = [one for one in newest(self.facts.labs.get(signal.lab, ())) if one.age.within(limit)]
        if not results:
            return Answer(self._missing_lab(signal))
        read = self._worst(results, signal)
        return Answer(every(self._lab_parts(signal, read)), (read,))

    def _worst(self, results: Sequence[LabResult], signal: LabSignal) -> LabResult:
        """Of results of one time, the one that speaks loudest: the lowest for a lower cut, else the highest."""
        if len(results) == 1:
            return results[0]
        lab = self.vocabulary.labs[signal.lab]
        worst = min if signal.below else max
        return worst(clean(results), key=lambda one: lab.convert(one.value, one.unit, lab.unit))

    def _missing_lab(self, signal: LabSignal) -> Truth:
        """A missing result is unknown, not normal; but that it is missing can be known."""
        cuts = (signal.below, signal.at_least, signal.above, signal.at_least_times_limit)
        asks_value = any(cuts) or signal.above_limit or signal.outside_range
        return None if asks_value and signal.role == "supports" else self._absent("labs", signal)

    def _lab_parts(self, signal: LabSignal, newest: LabResult) -> Iterator[Truth]:
        lab = self.vocabulary.labs[signal.lab]
        if signal.below:
            yield is_below(newest, signal.below, lab)
        if signal.at_least:
            yield is_at_least(newest, signal.at_least, lab)
        if signal.above:
            yield is_above(newest, signal.above, lab)
        if signal.above_limit:
            yield _beyond(newest, lab, newest.upper_limit, is_above)
        if signal.at_least_times_limit:
            times = newest.upper_limit and newest.upper_limit * signal.at_least_times_limit
            yield _beyond(newest, lab, times, is_at_least)
        if signal.without_limit:
            yield newest.upper_limit is None
        if signal.outside_range:
            low = _beyond(newest, lab, newest.lower_limit, is_below)
            yield some((low, _beyond(newest, lab, newest.upper_limit, is_above)))
        if signal.older_than:
            yield newest.age.within(signal.older_than.time) is False
        if signal.flag:
            yield newest.haemolysed

    def _finding(self, signal: FindingSignal) -> Answer:
        if self.facts.findings.keys().isdisjoint(signal.finding):
            return self._present((), "findings", signal)
        found = [one for one in distinct(self.facts, signal.finding) if self._old_enough(signal, one)]
        if self.confirmed_only or signal.role == "against":
            found = [one for one in found if not one.suspected]
        if signal.not_promoting:
            found = [one for one in found if one not in self.weakness.promoted_by]
        if signal.with_weakness:
            beside = {one.finding.reference for one in self.weakness.triggers}
            found = [one for one in found if one.reference in beside]
        if signal.before_weakness:
            found = [one for one in found if self._began_before_weakness(one.age)]
        return self._present(found, "findings", signal)

    def _old_enough(self, signal: FindingSignal, finding: Finding) -> bool:
        age = dated_age(finding) if signal.dated_by == "onset-or-recorded" else finding.age
        return fits_age(signal, age)

    def _began_before_weakness(self, age: Age) -> bool:
        """Whether it is known to be older than every trigger."""
        oldest = [trigger.finding.age.most for trigger in self.weakness.triggers]
        return all(most is not None and age.least > most for most in oldest)

    def _medication(self, signal: MedicationSignal) -> Answer:
        several = [one for group in signal.medication for one in self.facts.prescriptions.get(group, ())]
        limit = signal.within.time if signal.within else None
        taken = [one for one in several if one.current or (limit and one.age.within(limit))]
        if signal.started_before_weakness:
            window = signal.started_before_weakness.time
            taken = [one for one in taken if self._started_before_weakness(one.ingredient, several, window)]
        return self._present(taken, "prescriptions", signal)

    def _started_before_weakness(self, drug: str, several: Iterable[Prescription], window: timedelta) -> bool:
        """Whether weakness began within the window after the earliest of several prescriptions of the drug."""
        starts = [one.age.least for one in several if one.ingredient == drug and one.authored]
        if len(starts) <= 1:
            return False
        onsets = [trigger.finding.age for trigger in self.weakness.triggers if trigger.finding.onset]
        return any(onset.least <= max(starts) <= onset.least + window for onset in onsets)

    def _stay(self, signal: StaySignal) -> Answer:
        stays = self.facts.stays
        long = [one for one in stays if one.length > signal.stay.time and one.ended.within(signal.within.time)]
        return self._present(long, "stays", signal)

    def _study(self, signal: StudySignal) -> Answer:
        states = ("done", "reported") if signal.state == "done" else (signal.state,)
        several = [one for name in signal.study for one in self.facts.studies.get(name, ())]
        fitting = [one for one in several if one.state in states and one.age.within(signal.within.time)]
        if signal.after_onset:
            fitting = [one for one in fitting if is_of_this_episode(one, self.weakness.findings([self.weakness.kind]))]
        return self._present(fitting, "studies", signal)

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

    def _present(self, facts: Iterable[Fact], kind: str, signal: Signal) -> Answer:
        found = tuple(dict.fromkeys(facts))
        return Answer(True, found) if found else Answer(self._absent(kind, signal))

    def _absent(self, kind: str, signal: Signal) -> Truth:
        """What is not there is not met; where the chart could not be looked at it is unknown.

        A signal against the card must be seen to count: not being able to look never silences an alarm.
        """
        return None if self.facts.lacks(kind) and signal.role == "supports" else False


_ANSWERS: dict[type[Signal], Callable[[Question, Any], Answer]] = {
    LabSignal: Question._lab,
    FindingSignal: Question._finding,
    MedicationSignal: Question._medication,
    StudySignal: Question._study,
    StaySignal: Question._stay,
    WeaknessSignal: Question._weakness,
    AgeSignal: Question._age,
    SexSignal: Question._sex,
}


def _beyond(result: LabResult, lab: LabEntry, limit: float | None, compare: Comparison) -> Truth:
    """A value against the laboratory's own limit, which is given in the value's unit; unknown without one."""
    return None if limit is None else compare(result, {result.unit: limit}, lab)


def fits_age(signal: Aged, age: Age) -> bool:
    """Whether something so old satisfies the signal; an unknown age is neither within nor older."""
    if signal.within and age.within(signal.within.time) is not True:
        return False
    if signal.not_within and age.within(signal.not_within.time) is True:
        return False
    if signal.older_than and age.within(signal.older_than.time) is not False:
        return False
    return not (signal.not_older_than and age.within(signal.not_older_than.time) is False)
