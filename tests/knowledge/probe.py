"""The rules and the vocabulary of a knowledge, put to charts with cards of our own in place of the real ones.

What orders.yaml, cautions.yaml and evaluation.yaml say holds for every card. A card that always speaks and asks for one
order shows it alone, without what the real cards add for their own patients.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from app.facts.context import Lexicon
from app.knowledge.card import Card
from app.knowledge.duration import parse_length
from app.knowledge.vocabulary import Vocabulary
from app.pipeline import Evaluation, evaluate
from app.rendering.context import Subject
from tests.support.cards import item, toy
from tests.support.charts import ANSWER, NOW, PATIENT, SNOMED, Json, chart_of, concept, condition

MINUTE = timedelta(minutes=1)
LEG_WEAKNESS = concept(None, (SNOMED, "102568007"))
"""Paresis of a lower extremity: specific (decision 1), and nothing else."""


class Probe:
    """One knowledge, compiled once; and once more for each set of cards."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._asking: dict[str, Lexicon] = {}

    @property
    def vocabulary(self) -> Vocabulary:
        """The names of the knowledge."""
        return self._lexicon.knowledge.vocabulary

    def answer(self, chart: list[Json], *cards: Card) -> Evaluation:
        """What these cards alone say; the first of them is the quiet card."""
        return _evaluated(chart, self._with(cards))

    def asked_for(self, order: str, chart: list[Json]) -> Evaluation:
        """What a card says that asks for this order."""
        if order not in self._asking:
            self._asking[order] = self._with((asking(order),))
        return _evaluated(chart, self._asking[order])

    def asks(self, order: str, chart: list[Json]) -> bool:
        """Whether it still asks for it."""
        (advice,) = self.asked_for(order, chart).conclusion.advice
        return order in advice.asked

    def asked(self, chart: list[Json]) -> set[str]:
        """The orders that are still asked for, each by a card of its own."""
        cards = [asking(order, "warning") for order in self.vocabulary.orders]
        return {order for advice in self.answer(chart, *cards).conclusion.advice for order in advice.asked}

    def _with(self, cards: tuple[Card, ...]) -> Lexicon:
        known = self._lexicon.knowledge
        weakness = known.rules.weakness.model_copy(update={"quiet_card": cards[0].id})
        rules = known.rules.model_copy(update={"weakness": weakness})
        return replace(self._lexicon, knowledge=replace(known, cards=cards, rules=rules))


def _evaluated(chart: list[Json], lexicon: Lexicon) -> Evaluation:
    return evaluate(chart_of(chart), lexicon, Subject(PATIENT), NOW, ANSWER)


def asking(order: str, level: str = "info") -> Card:
    """A card that speaks to every weakness and asks for one order."""
    return toy(f"asks-{order}", level, workup=[item(order)])


def weakness(onset: timedelta | None, code: Json = LEG_WEAKNESS, name: str = "weakness") -> Json:
    """A Condition that began so long ago; without an onset it has no date at all."""
    return condition(name, code, onsetDateTime=None if onset is None else ago(onset))


def ago(age: timedelta) -> str:
    """That long before NOW, to the second."""
    return (NOW - age).isoformat()


def length(text: str) -> timedelta:
    """`7 days` and its like; a month is a twelfth of a year."""
    return parse_length(text).time
