"""Patients for whom the right answer is no card, however abnormal the rest of the chart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
Ask = Callable[[Any], Json]


def test_no_card(silent: Any, ask: Ask) -> None:
    assert silent.expected.cards == []
    assert ask(silent)["cards"] == []


def test_what_was_left_out_is_named(silent: Any, ask: Ask) -> None:
    evaluation = ask(silent)["extension"]["org.legwork.evaluation"]
    assert {*silent.expected.left_out} <= {one["reference"] for one in evaluation.get("leftOut", [])}


def test_the_answer_is_the_one_we_stand_by(silent: Any, ask: Ask) -> None:
    assert ask(silent) == silent.response
