"""Runs cases through the whole pipeline and says how the answer differs from the expected one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from app.cases.build import PATIENT_ID, build_prefetch
from app.cases.schema import Case, Expectation
from app.facts.context import Lexicon
from app.fhir.prefetch import read_prefetch
from app.knowledge.knowledge import Knowledge
from app.pipeline import Evaluation, evaluate
from app.reasoning.assess import Assessment
from app.reasoning.conclude import Advice
from app.rendering.cards import TOPICS
from app.rendering.context import Subject
from app.rendering.model import Card

_ANSWER = UUID(int=0)


def run_case(case: Case, card_id: str, now: datetime, lexicon: Lexicon) -> list[str]:
    """The differences between what was expected and what the pipeline says; empty when there are none.

    The card is shown, whatever its status: a draft, or a card in shadow, is tried by its cases before it is active.
    """
    lexicon = replace(lexicon, knowledge=_showing(card_id, lexicon.knowledge))
    return list(_differences(case.expect, card_id, evaluate_case(case, now, lexicon)))


@lru_cache(maxsize=1)
def _showing(card_id: str, knowledge: Knowledge) -> Knowledge:
    """The knowledge with this card active, and all others as they are."""
    if all(card.shown for card in knowledge.cards if card.id == card_id):
        return knowledge
    active = {"status": "active"}
    cards = [card.model_copy(update=active) if card.id == card_id else card for card in knowledge.cards]
    return replace(knowledge, cards=tuple(cards))


def evaluate_case(case: Case, now: datetime, lexicon: Lexicon) -> Evaluation:
    """The whole answer for a case."""
    now = case.now or now
    chart = read_prefetch(build_prefetch(case, now, lexicon.knowledge.vocabulary), PATIENT_ID)
    return evaluate(chart, lexicon, Subject(f"Patient/{PATIENT_ID}"), now, _ANSWER)


def _differences(expect: Expectation, card_id: str, evaluation: Evaluation) -> Iterator[str]:
    advice = next((one for one in evaluation.conclusion.advice if one.found.card.id == card_id), None)
    card = next((one for one in evaluation.response.cards if _topic(one) == card_id), None)
    level = advice.found.level if advice else "none"
    if level != expect.level:
        yield f"expected level {expect.level}, got {level}"
    if expect.unknown is not None:
        yield from _unknown(expect, card_id, evaluation)
    if advice is not None and card is not None:
        yield from _cited(expect, advice)
        yield from _ordered(expect, advice)
        yield from _said(expect, card)
    elif expect.cites or expect.orders or expect.priorities or expect.says:
        yield "there is no such card to cite, order or say anything"


def _topic(card: Card) -> str:
    return card.source.topic.code if card.source.topic.system == TOPICS else ""


def _unknown(expect: Expectation, card_id: str, evaluation: Evaluation) -> Iterator[str]:
    found: Assessment | None = next((one for one in evaluation.conclusion.assessments if one.card.id == card_id), None)
    missing = set(found.missing) if found else set()
    if missing != set(expect.unknown or ()):
        yield f"expected unknown {sorted(expect.unknown or ())}, got {sorted(missing)}"


def _cited(expect: Expectation, advice: Advice) -> Iterator[str]:
    for name in expect.cites:
        if name not in advice.found.deciding:
            yield f"expected `{name}` to be cited, got {list(advice.found.deciding)}"


def _ordered(expect: Expectation, advice: Advice) -> Iterator[str]:
    orders = {one.order: one.priority for one in advice.proposals}
    for name in dict.fromkeys((*expect.orders, *expect.priorities)):
        if name not in orders:
            yield f"expected order `{name}`, got {sorted(orders)}"
    for name in expect.not_orders:
        if name in orders:
            yield f"order `{name}` was not expected"
    for name, priority in expect.priorities.items():
        if orders.get(name, priority) != priority:
            yield f"expected `{name}` as {priority}, got {orders[name]}"


def _said(expect: Expectation, card: Card) -> Iterator[str]:
    text = f"{card.summary}\n{card.detail}".lower()
    for words in expect.says:
        if words.lower() not in text:
            yield f"expected the card to say `{words}`"
    for words in expect.not_says:
        if words.lower() in text:
            yield f"the card was not expected to say `{words}`"
