"""All cards, compiled so that those a chart says nothing of cost next to nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from app.facts.model import INPUTS, PatientFacts
from app.knowledge.card import Card
from app.knowledge.knowledge import Knowledge
from app.knowledge.signal import AnySignal, FindingSignal, LabSignal, MedicationSignal, StudySignal
from app.reasoning.assess import Assessment, assess, missing_inputs
from app.reasoning.signals import Question
from app.reasoning.truth import Truth

Situation = tuple[bool, frozenset[str], tuple[Truth, ...]]
"""All that decides a card whose names the chart does not have: of the legs or not, inputs lacking, bare truths."""


@dataclass(frozen=True, slots=True)
class Hanging:
    """A card whose answer hangs on inputs that the chart does not tell."""

    card: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Slot:
    """A card. `asks` of the patient rather than of named facts; `untouched` says what then became of it before.

    `untouched` holds truth values and names of the knowledge, nothing of any patient.
    """

    card: Card
    asks: tuple[int, ...]
    untouched: dict[Situation, Hanging | None] = field(default_factory=dict)


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
        self._slots = [_Slot(card, tuple(self._numbers(card))) for card in cards]
        self._by_name: dict[str, list[int]] = defaultdict(list)
        for number, slot in enumerate(self._slots):
            for name in {name for signal in slot.card.signals.values() for name in _names(signal)}:
                self._by_name[name].append(number)

    def put_to(self, question: Question) -> Dealt:
        """Every card put to the patient."""
        touched = {number for name in _present(question.facts) for number in self._by_name.get(name, ())}
        situations = self._situations(question)
        fired: list[Assessment] = []
        hanging: list[Hanging] = []
        for number, slot in enumerate(self._slots):
            situation = situations[slot.asks]
            if number not in touched and situation in slot.untouched:
                known = slot.untouched[situation]
            else:
                found = assess(slot.card, question)
                known = _hanging(found)
                if found.level:
                    fired.append(found)
                elif number not in touched:
                    slot.untouched[situation] = known
            if known:
                hanging.append(known)
        return Dealt(tuple(fired), tuple(hanging))

    def _numbers(self, card: Card) -> Iterator[int]:
        """The questions that a card asks of the patient; what several cards ask is asked once."""
        for signal in card.signals.values():
            if not _names(signal):
                key = f"{type(signal).__name__} {signal.model_dump_json(exclude={'label', 'evidence'})}"
                number = self._asked.setdefault(key, len(self._questions))
                if number == len(self._questions):
                    self._questions.append(signal)
                yield number

    def _situations(self, question: Question) -> Mapping[tuple[int, ...], Situation]:
        truths = [question.answer(signal).truth for signal in self._questions]
        facts, legs = question.facts, question.weakness.of_the_legs
        lacking = frozenset(kind for kind in INPUTS if facts.lacks(kind))
        return {
            asks: (legs, lacking, tuple(truths[number] for number in asks))
            for asks in {slot.asks for slot in self._slots}
        }


@lru_cache(maxsize=4)
def deck_of(knowledge: Knowledge) -> Deck:
    """The deck of a knowledge, compiled when it is first used."""
    return Deck(knowledge.cards)


def _hanging(found: Assessment) -> Hanging | None:
    return Hanging(found.card.id, missing_inputs(found)) if found.undecided and found.card.shown else None


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
