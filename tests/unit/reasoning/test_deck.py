"""All cards at once: the cards a chart says nothing of are decided for its like once, and never otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.chart.chart import Unavailable
from app.facts.model import PatientFacts
from app.facts.read import read_facts
from app.fhir.prefetch import read_prefetch
from app.hooks.request import decode_request
from app.knowledge.card import Card, Level
from app.reasoning import deck
from app.reasoning.assess import assess
from app.reasoning.course import Course
from app.reasoning.deck import Deck, Hanging
from app.reasoning.signals import Question
from app.reasoning.truth import Truth
from app.reasoning.verdict import Verdict
from app.reasoning.weakness import find_weakness
from tests.support.cards import toy
from tests.support.charts import (
    FOOT_DROP,
    SNOMED,
    concept,
    facts_of,
    foot_drop,
    knowledge,
    lexicon,
    patient,
    potassium,
    prescription,
)

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
FIXTURES = sorted((Path(__file__).resolve().parents[3] / "fixtures" / "patients").glob("*/request.json"))
LOW = {"lab": "potassium", "below": {"mmol/L": 3.0}, "within": "7 days"}


def facts_in(path: Path) -> PatientFacts:
    request = decode_request(path.read_bytes(), "patient-view")
    return read_facts(read_prefetch(request.prefetch, request.context.patient_id), lexicon(), NOW)


def asked(facts: PatientFacts) -> Question:
    weakness = find_weakness(facts, knowledge().rules)
    assert weakness is not None
    return Question(facts, weakness, knowledge().vocabulary)


def one_by_one(question: Question) -> tuple[list[tuple[str, Level]], list[Hanging]]:
    every = [assess(card, question) for card in knowledge().cards]
    fired = [(one.card.id, one.level) for one in every if one.level]
    return fired, [Hanging(one.card.id, one.missing) for one in every if one.undecided and one.card.shown]


def test_one_deck_for_all_patients_says_what_each_card_says_alone() -> None:
    own = Deck(knowledge().cards)
    questions = [asked(facts_in(path)) for path in FIXTURES]
    for question in (*questions, *reversed(questions)):
        dealt = own.put_to(question)
        assert ([(one.card.id, one.level) for one in dealt.fired], list(dealt.hanging)) == one_by_one(question)


def copies(count: int) -> list[Card]:
    return [toy(f"k{n}", signal={**LOW, "lab": f"potassium-copy{n}"}) for n in range(count)]


@pytest.fixture
def assessed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    told: list[str] = []

    class Noted(Course):
        def verdict(self, legs: bool, truths: Mapping[str, Truth]) -> Verdict:
            told.append(self._card.id)
            return super().verdict(legs, truths)

    monkeypatch.setattr(deck, "Course", Noted)
    return told


@pytest.mark.parametrize("count", [10, 100])
def test_cards_that_a_chart_says_nothing_of_are_not_assessed_again(assessed: list[str], count: int) -> None:
    own = Deck([toy("k", signal=LOW), *copies(count)])
    own.put_to(asked(facts_of(foot_drop(), potassium(2.4))))
    assert len(assessed) == count + 1
    assessed.clear()
    dealt = own.put_to(asked(facts_of(foot_drop(id="other"), potassium(2.3))))
    assert assessed == ["k"]
    assert [one.card.id for one in dealt.fired] == ["k"]
    assert [one.card for one in dealt.hanging] == [f"k{n}" for n in range(count)]


def test_what_was_decided_for_one_patient_is_not_told_of_another_whose_situation_differs() -> None:
    old = {"age": "years", "at_least": 65}
    own = Deck([toy("k", signals={"sign": LOW, "old": old}, levels={"info": {"all_of": ["old", "sign"]}})])
    assert own.put_to(asked(facts_of(patient(birthDate="1990-01-01"), foot_drop()))).hanging == ()
    assert own.put_to(asked(facts_of(foot_drop()))).hanging == (Hanging("k", ("potassium",)),)
    assert own.put_to(asked(facts_of(patient(birthDate=None), foot_drop()))).hanging != ()


def test_what_hung_on_an_input_that_one_chart_lacks_does_not_hang_for_a_chart_that_has_it() -> None:
    own = Deck([toy("k", signal={"medication": ["digoxin"]})])
    lacking = facts_of(foot_drop(), unavailable=(Unavailable("medications", "was not sent"),))
    for _ in range(2):
        assert own.put_to(asked(lacking)).hanging == (Hanging("k", ("sign",)),)
        assert own.put_to(asked(facts_of(foot_drop()))).hanging == ()


def test_a_signal_is_asked_again_of_a_chart_that_has_its_name() -> None:
    drug = {"medication": ["digoxin"]}
    own = Deck([toy("k", signals={"sign": LOW, "drug": drug}, levels={"info": {"all_of": ["drug", "sign"]}})])
    digoxin = prescription("m", concept("digoxin"))
    for _ in range(2):
        assert not own.put_to(asked(facts_of(foot_drop(), potassium(2.4)))).fired
        assert not own.put_to(asked(facts_of(foot_drop(), potassium(4.4), digoxin))).fired
        assert own.put_to(asked(facts_of(foot_drop(), potassium(2.4), digoxin))).fired


def test_a_card_that_fires_without_any_name_fires_for_every_patient() -> None:
    own = Deck([toy("k")])
    for name in ("a", "b"):
        (found,) = own.put_to(asked(facts_of(foot_drop(name)))).fired
        assert [fact.reference for fact in found.facts] == [f"Condition/{name}"]


def test_what_is_kept_of_one_patient_for_the_next_holds_nothing_of_the_patient() -> None:
    own = Deck(knowledge().cards)
    marked = facts_of(
        foot_drop("MARKER") | {"code": concept("MARKER foot drop", (SNOMED, FOOT_DROP))},
        prescription("MARKER", concept("MARKER digoxin")),
        potassium(2.4, name="MARKER"),
    )
    own.put_to(asked(marked))
    kept = [
        (list(slot.untouched.items()), list(slot.absent.items()), slot.course._begins, slot.card.id)
        for slot in own._slots
    ]
    assert any(situations for situations, *_ in kept)
    assert any(absent for _, absent, *_ in kept)
    assert any(course for *_, course, _ in kept)
    assert "MARKER" not in repr(kept)
