"""A card that speaks at a lower level than fired is explained by what lowered it, as text and as JSON."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from app.explain.as_json import explain_as_json
from app.explain.as_text import explain_as_text
from app.knowledge.card import Card
from app.pipeline import Evaluation
from tests.support.cards import knowing, toy, words
from tests.support.charts import (
    LOINC,
    Json,
    chart_of,
    concept,
    condition,
    days_ago,
    evaluated,
    foot_drop,
    knowledge,
    resource,
)

HARD = {"sign": {"finding": ["urinary-retention"]}, "soft": {"finding": ["leg-pain"]}}
ANSWER = {"study": ["mri-lumbar-spine"], "undated_within": "24 hours", "level": "warning"}
CAP = {"at_most": "warning", "unless": ["soft"]}
VAGUE = condition("vague", concept("generalized weakness"))
BACK_PAIN = condition("back", concept("back pain"), onsetDateTime=days_ago(3))
PAIN = condition("pain", concept("leg pain"), onsetDateTime=days_ago(3))
PROVISIONAL: Json = {"verificationStatus": {"coding": [{"code": "provisional"}]}}
REPORT = resource(
    "DiagnosticReport", "mri", concept("MRI", (LOINC, "30679-5")), status="final", effectiveDateTime=days_ago(2)
)


def emergency(**elements: Any) -> Card:
    """Critical with retention, info with leg pain."""
    levels = {"critical": {"all_of": ["sign"]}, "info": {"all_of": ["soft"]}}
    return toy("emergency", signals=HARD, levels=levels, card=dict.fromkeys(levels, words()), **elements)


def retention(**elements: Any) -> Json:
    return condition("retention", concept("urinary retention"), onsetDateTime=days_ago(3), **elements)


def as_json(evaluation: Evaluation) -> Json:
    (card,) = json.loads(explain_as_json(evaluation))["cards"]
    return {"level": card["level"], "firedAt": card["firedAt"], "loweredBy": card["loweredBy"]}


def as_text(evaluation: Evaluation) -> str:
    written = StringIO()
    explain_as_text(evaluation, knowledge().vocabulary, Console(file=written, width=200))
    return written.getvalue()


@pytest.mark.parametrize(
    ("card", "chart", "because", "level", "said"),
    [
        (
            emergency(promoted=CAP),
            [VAGUE, BACK_PAIN, retention()],
            "inferred",
            "warning",
            "warning at most: the leg weakness was only inferred",
        ),
        (
            emergency(suspected_at_most="info"),
            [foot_drop(), retention(**PROVISIONAL)],
            "suspected",
            "info",
            "info at most: only suspected",
        ),
        (
            emergency(suspected_at_most="info"),
            [foot_drop(), retention(**PROVISIONAL), PAIN],
            "suspected",
            "info",
            "info at most: only suspected",
        ),
    ],
    ids=["inferred", "suspected", "suspected beside what is sure"],
)
def test_a_cap_is_named_with_the_level_that_fired(
    card: Card, chart: list[Json], because: str, level: str, said: str
) -> None:
    evaluation = evaluated(chart_of(chart), knowing(card))
    lowered = [{"because": because, "atMost": level}]
    assert as_json(evaluation) == {"level": level, "firedAt": "critical", "loweredBy": lowered}
    assert "fired at critical" in as_text(evaluation)
    assert said in as_text(evaluation)


def test_the_study_that_answered_an_emergency_is_named_with_its_date() -> None:
    evaluation = evaluated(chart_of([foot_drop(), retention(), REPORT]), knowing(emergency(answered_by=ANSWER)))
    explained = as_json(evaluation)
    assert (explained["level"], explained["firedAt"]) == ("warning", "critical")
    (one,) = explained["loweredBy"]
    assert (one["because"], one["atMost"]) == ("answered", "warning")
    assert (one["study"]["reference"], one["study"]["when"]) == ("DiagnosticReport/mri", days_ago(2))
    said = "warning at most: answered by MRI lumbar spine, reported 2026-11-20 (DiagnosticReport/mri)"
    assert said in as_text(evaluation)


def test_a_cap_that_was_already_reached_is_not_named() -> None:
    card = emergency(promoted={"at_most": "warning"}, suspected_at_most="info")
    evaluation = evaluated(chart_of([VAGUE, BACK_PAIN, retention(**PROVISIONAL)]), knowing(card))
    assert [one["because"] for one in as_json(evaluation)["loweredBy"]] == ["suspected"]


@pytest.mark.parametrize(
    "chart", [[foot_drop(), retention()], [VAGUE, PAIN, retention()]], ids=["leg weakness", "what lifts the cap"]
)
def test_a_card_that_speaks_at_the_level_that_fired_was_lowered_by_nothing(chart: list[Json]) -> None:
    evaluation = evaluated(chart_of(chart), knowing(emergency(promoted=CAP, answered_by=ANSWER)))
    assert as_json(evaluation) == {"level": "critical", "firedAt": "critical", "loweredBy": []}
    assert "at most" not in as_text(evaluation)


def test_a_card_that_did_not_fire_has_no_level() -> None:
    evaluation = evaluated(chart_of([foot_drop()]), knowing(emergency(promoted=CAP)))
    assert as_json(evaluation) == {"level": None, "firedAt": None, "loweredBy": []}
