"""All cards, compiled so that those a chart says nothing of cost next to nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from msgspec import Struct

from app.facts.model import INPUTS, PatientFacts
from app.knowledge.card import Card
from app.knowledge.knowledge import Knowledge
from app.knowledge.signal import AnySignal, FindingSignal, LabSignal, MedicationSignal, StudySignal
from app.reasoning.answers import Answers
from app.reasoning.assess import Assessment, weigh
from app.reasoning.course import Course
from app.reasoning.signals import Question
from app.reasoning.truth import Truth

Situation = tuple[bool, frozenset[str], tuple[Truth, ...]]
"""All that decides a card whose names the chart does not have: of the legs or not, inputs lacking, bare truths."""


class Hanging(Struct, frozen=True):
    """A card whose answer hangs on inputs that the chart does not tell."""

    card: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Slot:
    """A card. Some signals ask of the patient rather than of named facts: `own` by name, `asks` by their numbers.

    Where a chart has none of the names, `untouched` says what became of the card before, `absent` how each signal was
    answered. All of it is truth values and names of the knowledge, nothing of any patient.
    """

    card: Card
    course: Course
    own: tuple[str, ...]
    asks: tuple[int, ...]
    untouched: dict[Situation, Hanging | None] = field(default_factory=dict)
    absent: dict[Situation, dict[str, Truth]] = field(default_factory=dict)

    def known(self, situation: Situation, question: Question) -> Mapping[str, Truth]:
        """How the card's signals are answered where none of its names is in the chart."""
        if situation not in self.absent:
            nothing = replace(question, facts=question.facts.emptied())
            asked = {name: signal for name, signal in self.card.signals.items() if name not in self.own}
            bare = dict(zip(self.own, situation[2], strict=True))
            self.absent[situation] = {name: nothing.answer(signal).truth for name, signal in asked.items()} | bare
        return self.absent[situation]


@dataclass(frozen=True, slots=True)
class Dealt:
    """What came of all cards: those that fired, and those that hang on something, in the order of the knowledge."""

    fired: tuple[Assessment, ...]
    hanging: tuple[Hanging, ...]


class Deck:
    """Cards by the names they ask for. A card none of whose names is in a chart was decided for its like before."""

    def __init__(self, cards: Iterable[Card]) -> None:
        self._asked: dict[str, int] = {}
        self._questions: list[AnySignal] = []
        self._slots = [self._slot(card) for card in cards]
        self._kinds = {slot.asks for slot in self._slots}
        self._by_name: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for number, slot in enumerate(self._slots):
            for key, signal in slot.card.signals.items():
                for name in _names(signal):
                    self._by_name[name].append((number, key))

    def put_to(self, question: Question) -> Dealt:
        """Every card put to the patient."""
        touched = self._touched(question.facts)
        truths = [question.answer(signal).truth for signal in self._questions]
        lacking = frozenset(kind for kind in INPUTS if question.facts.lacks(kind))
        legs = question.weakness.of_the_legs
        situations = {asks: (legs, lacking, tuple([truths[one] for one in asks])) for asks in self._kinds}
        fired: list[Assessment] = []
        hanging: list[Hanging] = []
        for number, slot in enumerate(self._slots):
            situation: Situation = situations[slot.asks]
            if number not in touched and situation in slot.untouched:
                hangs = slot.untouched[situation]
            else:
                answers = Answers(slot.card.signals, question, slot.known(situation, question), touched.get(number, ()))
                verdict = slot.course.verdict(legs, answers.truths)
                hangs = Hanging(slot.card.id, verdict.missing) if verdict.missing and slot.card.shown else None
                if verdict.level:
                    fired.append(weigh(slot.card, verdict, answers, question))
                elif number not in touched:
                    slot.untouched[situation] = hangs
            if hangs:
                hanging.append(hangs)
        return Dealt(tuple(fired), tuple(hanging))

    def _slot(self, card: Card) -> _Slot:
        own = {name: signal for name, signal in card.signals.items() if not _names(signal)}
        return _Slot(card, Course(card), tuple(own), tuple(self._number(signal) for signal in own.values()))

    def _number(self, signal: AnySignal) -> int:
        """That of a question asked of the patient; what several cards ask is asked once."""
        key = f"{type(signal).__name__} {signal.model_dump_json(exclude={'label', 'evidence'})}"
        number = self._asked.setdefault(key, len(self._questions))
        if number == len(self._questions):
            self._questions.append(signal)
        return number

    def _touched(self, facts: PatientFacts) -> Mapping[int, list[str]]:
        """The cards that ask for names which the chart has, each with the signals that do."""
        touched: dict[int, list[str]] = defaultdict(list)
        for name in _present(facts):
            for number, signal in self._by_name.get(name, ()):
                touched[number].append(signal)
        return touched


@lru_cache(maxsize=4)
def deck_of(knowledge: Knowledge) -> Deck:
    """The deck of a knowledge, compiled when it is first used."""
    return Deck(card for card in knowledge.cards if card.evaluated)


def _names(signal: AnySignal) -> tuple[str, ...]:
    """The names without which a signal is answered as for an empty chart."""
    match signal:
        case LabSignal():
            return (signal.lab,)
        case FindingSignal():
            return signal.finding
        case MedicationSignal():
            return signal.medication
        case StudySignal():
            return signal.study
        case _:
            return ()


def _present(facts: PatientFacts) -> Iterator[str]:
    """The names that a chart has facts of, or may have."""
    yield from facts.findings
    yield from facts.labs.candidates()
    yield from facts.prescriptions
    yield from facts.studies
