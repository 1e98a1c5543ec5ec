"""Verdicts that are remembered: the same as those that are worked out, and from no more questions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.card import Card
from app.reasoning import course
from app.reasoning.course import Course
from app.reasoning.truth import Truth
from app.reasoning.verdict import judge
from tests.support.charts import knowledge

CARDS = knowledge().cards
TRUTHS: st.SearchStrategy[Truth] = st.sampled_from([True, False, None])


class Asked(dict[str, Truth]):
    """Truths that tell which of them were asked for."""

    def __init__(self, truths: dict[str, Truth]) -> None:
        super().__init__(truths)
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> Truth:
        self.names.add(name)
        return super().__getitem__(name)


@given(st.sampled_from(CARDS), st.booleans(), st.data())
def test_a_course_says_what_judging_says_and_asks_for_the_same(card: Card, legs: bool, data: st.DataObject) -> None:
    own = Course(card)
    for _ in range(6):
        truths = {name: data.draw(TRUTHS) for name in card.signals}
        anew = Asked(truths)
        expected = judge(card, legs, anew)
        for _ in range(2):
            asked = Asked(truths)
            assert own.verdict(legs, asked) == expected
            assert asked.names == anew.names


def test_legs_and_other_weakness_are_not_taken_for_each_other() -> None:
    card = next(one for one in CARDS if one.applies_to.weakness == "leg-weakness" and not one.applies_to.also_on)
    own, truths = Course(card), dict.fromkeys(card.signals, True)
    assert own.verdict(False, truths).status == "not applicable"
    assert own.verdict(True, truths).status != "not applicable"


def test_what_was_answered_alike_is_not_judged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    own, truths = Course(CARDS[0]), dict.fromkeys(CARDS[0].signals, False)
    first = own.verdict(True, truths)
    monkeypatch.delattr(course, "judge")
    assert own.verdict(True, truths) is first


def test_a_course_that_is_full_goes_on_without_remembering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course, "MOST_STEPS", 0)
    own = Course(CARDS[0])
    for truth in (True, False, None):
        truths = dict.fromkeys(CARDS[0].signals, truth)
        assert own.verdict(True, truths) == judge(CARDS[0], True, truths)
    assert own.steps == 0
