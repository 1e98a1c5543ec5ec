"""The whole clinical story, pure: a chart and a time go in, cards come out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from app.chart.chart import Chart
from app.chart.resources import Observation
from app.facts.context import Lexicon
from app.facts.model import PatientFacts
from app.facts.read import read_facts
from app.facts.triggers import may_record_weakness
from app.reasoning.conclude import Conclusion, conclude, conclude_silence
from app.rendering.cards import render_card
from app.rendering.context import Rendering, Subject
from app.rendering.evaluation import EXTENSION, render_evaluation
from app.rendering.model import Response


class Reasoned(Struct, frozen=True):
    """What was read of a chart, and what follows from it."""

    facts: PatientFacts
    conclusion: Conclusion


class Evaluation(Struct, frozen=True):
    """Each step of the story, so that it can be explained; `response` is what a client gets."""

    facts: PatientFacts
    conclusion: Conclusion
    response: Response


def evaluate(chart: Chart, lexicon: Lexicon, subject: Subject, now: datetime, answer_id: UUID) -> Evaluation:
    """Read the facts, reason on them, put the outcome into words. Same arguments, same answer."""
    return render(reason(chart, lexicon, now), lexicon, subject, answer_id)


def reason_on_silence(chart: Chart, answers: Iterable[Observation], lexicon: Lexicon, now: datetime) -> Reasoned | None:
    """What follows from as much of a chart as may record weakness, where it records none; else None.

    `answers` are of Observations that are not in the chart, which may say anything but weakness.
    """
    if may_record_weakness((), answers, lexicon):
        return None
    facts = read_facts(chart, lexicon, now)
    conclusion = conclude_silence(facts, lexicon.knowledge)
    return Reasoned(facts, conclusion) if conclusion else None


def reason(chart: Chart, lexicon: Lexicon, now: datetime) -> Reasoned:
    """Read the facts, and reason on them."""
    facts = read_facts(chart, lexicon, now)
    return Reasoned(facts, conclude(facts, lexicon.knowledge))


def render(reasoned: Reasoned, lexicon: Lexicon, subject: Subject, answer_id: UUID) -> Evaluation:
    """Put the outcome into words."""
    conclusion, weakness = reasoned.conclusion, reasoned.conclusion.weakness
    rendering = Rendering(
        knowledge=lexicon.knowledge,
        facts=reasoned.facts,
        weakness=tuple(one.finding for one in weakness.triggers) if weakness else (),
        promoted_by=weakness.promoted_by if weakness else (),
        subject=subject,
        answer_id=answer_id,
        pages=lexicon.pages,
    )
    response = Response(
        cards=tuple(render_card(advice, rendering) for advice in conclusion.advice),
        extension={EXTENSION: render_evaluation(conclusion, rendering)},
    )
    return Evaluation(reasoned.facts, conclusion, response)
