"""A cases file is refused where a case would test something else than it says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from app.cases.schema import CasesFile

WEAK = {"finding": "leg-weakness"}


def file_of(now: str = "2026-11-22T09:00:00Z", chart: tuple[dict[str, Any], ...] = (WEAK,), **case: Any) -> CasesFile:
    one = {"name": "it is silent", "kind": "other", "chart": chart, "expect": {"level": "none"}, **case}
    return CasesFile.model_validate_json(json.dumps({"card": "toy", "now": now, "cases": [one]}))


def refusal(**case: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        file_of(**case)
    (error,) = caught.value.errors()
    return error["msg"]


def test_a_case_in_the_words_of_fhir_is_read() -> None:
    chart = (
        {**WEAK, "onset": "3 days ago", "clinical": "none", "verification": "provisional"},
        {"lab": "potassium", "value": 3.1, "comparator": "<", "status": "preliminary"},
        {"report": "ct-head", "status": "appended"},
        {"stay": "7 days", "ended": "2026-11"},
    )
    assert len(file_of(chart=chart, unavailable=["scores", "stays", "patient"]).cases[0].chart) == len(chart)


@pytest.mark.parametrize("time", ["60 days", "sixty days ago"])
@pytest.mark.parametrize(
    ("fact", "key"),
    [
        (WEAK, "onset"),
        (WEAK, "recorded"),
        ({"text": "weak legs"}, "onset"),
        ({"lab": "potassium", "value": 3.1}, "when"),
        ({"medication": "statin"}, "authored"),
        ({"order": "ecg"}, "when"),
        ({"report": "ct-head"}, "when"),
        ({"procedure": "ecg"}, "when"),
        ({"stay": "7 days"}, "ended"),
    ],
)
def test_a_time_that_cannot_be_read_is_refused(fact: dict[str, Any], key: str, time: str) -> None:
    assert "such as" in refusal(chart=[{**fact, key: time}])


@pytest.mark.parametrize(
    "fact",
    [
        {**WEAK, "verification": "provisionall"},
        {**WEAK, "clinical": "activ"},
        {**WEAK, "category": "problem-list"},
        {"text": "weak legs", "verification": "provisionall"},
        {"lab": "potassium", "value": 3.1, "status": "finale"},
        {"lab": "potassium", "value": 3.1, "comparator": "=<"},
        {"medication": "statin", "status": "taken"},
        {"order": "ecg", "status": "open"},
        {"order": "ecg", "priority": "soon"},
        {"report": "ct-head", "status": "done"},
        {"procedure": "ecg", "status": "final"},
    ],
)
def test_a_word_that_fhir_does_not_have_is_refused(fact: dict[str, Any]) -> None:
    assert "Input should be" in refusal(chart=[fact])


def test_an_input_that_nobody_asks_for_cannot_be_unavailable() -> None:
    assert refusal(unavailable=["labz"]).endswith("reports was expected (nearest: `labs`)")


def test_a_time_without_a_zone_is_no_time_to_play_at() -> None:
    assert "timezone" in refusal(now="2026-11-22T09:00:00")
