"""Patients with leg weakness: the cards that a clinician wants, and the whole answer that we stand by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fhir.resources.R4B.servicerequest import ServiceRequest

from app.knowledge.vocabulary import Vocabulary

Json = dict[str, Any]
Ask = Callable[[Any], Json]


@pytest.fixture
def answer(patient: Any, ask: Ask) -> Json:
    """What the service says of this patient."""
    return ask(patient)


def test_the_cards_are_those_expected(patient: Any, answer: Json) -> None:
    cards = [(topic(card), card["indicator"]) for card in answer["cards"]]
    assert cards == [(card.id, card.level) for card in patient.expected.cards]
    assert not {name for name, _ in cards} & {*patient.expected.absent}


def test_the_orders_are_those_expected(patient: Any, answer: Json, vocabulary: Vocabulary) -> None:
    placed = {topic(card): {order["code"]["text"]: order for order in orders(card)} for card in answer["cards"]}
    for card in patient.expected.cards:
        for name, priority in card.orders.items():
            label = vocabulary.orders[name].label
            assert label in placed[card.id], f"{card.id} does not ask for {name}"
            assert priority in (None, placed[card.id][label]["priority"]), f"{card.id}: {name}"
    everywhere = {label: order for one in placed.values() for label, order in one.items()}
    assert not {vocabulary.orders[name].label for name in patient.expected.not_ordered} & everywhere.keys()
    for name, words in patient.expected.notes.items():
        notes = everywhere[vocabulary.orders[name].label].get("note", [])
        assert any(words in note["text"] for note in notes), f"the note of {name} does not say: {words}"


def test_the_cards_say_what_they_must(patient: Any, answer: Json) -> None:
    texts = {topic(card): f"{card['summary']}\n{card['detail']}" for card in answer["cards"]}
    for name, several in patient.expected.says.items():
        assert [words for words in several if words not in texts[name]] == []
    for name, several in patient.expected.never_says.items():
        assert [words for words in several if words in texts[name]] == []
    every = "\n".join(texts.values())
    assert [words for words in patient.expected.says_on_any_card if words not in every] == []


def test_what_could_not_be_used_is_named(patient: Any, answer: Json) -> None:
    assert_named(patient.expected, answer)


def test_orders_are_valid_fhir(answer: Json) -> None:
    for card in answer["cards"]:
        for order in orders(card):
            ServiceRequest.model_validate(order)


def test_every_card_carries_its_topic(answer: Json) -> None:
    for card in answer["cards"]:
        assert card["source"]["topic"].keys() == {"system", "code", "display"}
        assert card["source"]["topic"]["system"] == "urn:legwork:card"


def test_the_answer_is_the_one_we_stand_by(patient: Any, answer: Json) -> None:
    assert answer == patient.response


def topic(card: Json) -> str:
    """The id of a card."""
    return str(card["source"]["topic"]["code"])


def orders(card: Json) -> Iterator[Json]:
    """The ServiceRequests that a card suggests."""
    for suggestion in card.get("suggestions", []):
        yield from (action["resource"] for action in suggestion["actions"])


def assert_named(expected: Any, answer: Json) -> None:
    """What was left out or unavailable stands in the evaluation."""
    evaluation = answer["extension"]["org.legwork.evaluation"]
    assert {*expected.left_out} <= {one["reference"] for one in evaluation.get("leftOut", [])}
    assert {*expected.unavailable} <= {one["input"] for one in evaluation.get("unavailable", [])}
