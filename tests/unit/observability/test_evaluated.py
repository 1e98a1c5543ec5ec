from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import get_args
from uuid import UUID

import pytest

from app.explain.chart_file import read_chart_file
from app.facts.context import Lexicon, build_lexicon
from app.facts.model import Study
from app.knowledge.knowledge import load_knowledge
from app.observability.call import CallRecord
from app.observability.evaluated import Suppression, note_conclusion
from app.pipeline import Evaluation, evaluate
from app.reasoning.workup import Suppressed
from app.settings import CARDS
from tests.unit.observability.records import NOW

FIXTURES = sorted((CARDS.parent / "fixtures").glob("*/*/request.json"))


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return build_lexicon(load_knowledge(CARDS))


def noted(path: Path, lexicon: Lexicon) -> tuple[CallRecord, Evaluation]:
    chart_file = read_chart_file(path)
    now = datetime.fromisoformat("2026-11-22T09:00:00Z")
    evaluation = evaluate(chart_file.chart, lexicon, chart_file.subject, now, UUID(int=0))
    call = CallRecord(started=NOW, correlation="c")
    note_conclusion(call, evaluation.conclusion, "1.0")
    return call, evaluation


def test_the_record_says_what_every_fixtures_response_says(lexicon: Lexicon) -> None:
    reasons: Counter[str] = Counter()
    for path in FIXTURES:
        call, evaluation = noted(path, lexicon)
        response = evaluation.response
        assert [card.level for card in call.cards] == [card.indicator for card in response.cards], path
        assert [card.id for card in call.cards] == [card.source.topic.code for card in response.cards], path
        suppressed = response.extension["org.legwork.evaluation"].get("suppressed", [])
        assert sum(call.suppressions.values()) == len(suppressed), path
        assert call.knowledge == "1.0"
        reasons.update(call.suppressions)
    assert set(reasons) == set(get_args(Suppression)) - {"order-reported"}


def test_an_order_that_is_already_reported_is_counted_as_such(lexicon: Lexicon) -> None:
    _, evaluation = next(one for one in (noted(path, lexicon) for path in FIXTURES) if one[1].conclusion.advice)
    first = evaluation.conclusion.advice[0]
    reported = Suppressed("mri", Study("mri", "reported", "DiagnosticReport/1"))
    conclusion = replace(evaluation.conclusion, advice=(replace(first, suppressed=(reported,)),), withheld=())
    call = CallRecord(started=NOW, correlation="c")
    note_conclusion(call, conclusion, "1.0")
    assert call.suppressions == {"order-reported": 1}


def test_a_patient_for_whom_nothing_was_evaluated_leaves_the_record_empty(lexicon: Lexicon) -> None:
    silent = [path for path in FIXTURES if path.parts[-3] == "silent"]
    calls = [noted(path, lexicon)[0] for path in silent]
    assert any(not call.cards and not call.suppressions for call in calls)
