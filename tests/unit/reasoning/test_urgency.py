"""Which card comes first, which value of one time is read, and what a negator negates."""

from __future__ import annotations

import pytest

from tests.support.cards import knowing, toy
from tests.support.charts import (
    Json,
    chart_of,
    concept,
    condition,
    evaluated,
    facts_of,
    foot_drop,
    knowledge,
    observation,
    potassium,
)


def test_among_cards_of_one_level_minutes_count() -> None:
    first = knowledge().rules.most_urgent_first
    cards = [toy("aaa", "critical"), *(toy(name, "critical") for name in reversed(first))]
    shown = evaluated(chart_of([foot_drop()]), knowing(*cards)).conclusion.advice
    assert [one.found.card.id for one in shown] == [*first, "aaa"]


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
@pytest.mark.parametrize(("abnormal", "cut"), [(2.4, {"below": {"mmol/L": 2.5}}), (6.6, {"at_least": {"mmol/L": 6.5}})])
def test_of_two_results_of_one_time_the_more_abnormal_is_read_whatever_its_id(
    abnormal: float, cut: Json, names: tuple[str, str]
) -> None:
    one, normal = (potassium(value, name) for value, name in zip((abnormal, 4.1), names, strict=True))
    signal = {"lab": "potassium", **cut, "within": "7 days", "evidence": "toys"}
    evaluation = evaluated(chart_of([foot_drop(), normal, one]), knowing(toy("odd", "critical", signal)))
    assert "the more abnormal one is read" in evaluation.response.cards[0].detail


def test_a_negator_that_belongs_to_one_finding_leaves_the_other() -> None:
    text = concept("Bilateral leg weakness with absent ankle jerks")
    assert {"bilateral-leg-weakness", "areflexia"} <= facts_of(condition("c", text)).findings.keys()


@pytest.mark.parametrize(
    ("text", "weak"),
    [
        ("Weak foot pulses bilaterally", False),
        ("Pelvic floor weakness with leg swelling", False),
        ("Sudden left leg weakness and fell to the floor", True),
        ("Cold left leg with weakness and absent pulses", True),
        ("Weak pulses in both legs", False),
        ("Leg weakness and absent foot pulses", True),
    ],
)
def test_weak_pulses_are_no_weak_legs(text: str, weak: bool) -> None:
    assert ("leg-weakness" in facts_of(condition("c", concept(text))).findings) is weak


def test_question_and_answer_can_name_a_finding_together() -> None:
    asked = observation("reflexes", concept("Ankle reflexes"), valueString="absent", category=[])
    assert "areflexia" in facts_of(asked).findings


def test_a_question_about_a_sign_answered_with_absent_names_none() -> None:
    asked = observation("numb", concept("Saddle numbness"), valueString="absent", category=[])
    assert facts_of(asked).findings == {}
