"""The whole clinical story, pure: a chart and a time go in, cards come out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from app.chart.chart import Chart
from app.chart.resources import Observation
from app.facts.context import Lexicon
from app.facts.findings import may_name_finding
from app.facts.model import PatientFacts
from app.facts.read import read_facts, read_facts_without_weakness
from app.facts.triggers import may_record_weakness
from app.reasoning.conclude import Conclusion, conclude
from app.rendering.cards import render_card
from app.rendering.context import Rendering, Subject
from app.rendering.evaluation import EXTENSION, render_evaluation
from app.rendering.model import Card, Response


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
    said = (*filter(may_name_finding, chart.observations), *answers)
    if may_record_weakness(chart.conditions, said, lexicon):
        return None
    facts = read_facts_without_weakness(chart, lexicon, now)
    return Reasoned(facts, conclude(facts, lexicon.knowledge))


def reason(chart: Chart, lexicon: Lexicon, now: datetime) -> Reasoned:
    """Read the facts, and reason on them."""
    facts = read_facts(chart, lexicon, now)
    return Reasoned(facts, conclude(facts, lexicon.knowledge))


def render(reasoned: Reasoned, lexicon: Lexicon, subject: Subject, answer_id: UUID) -> Evaluation:
    """Put the outcome into words."""
    facts, conclusion = reasoned.facts, reasoned.conclusion
    response = Response(
        cards=_cards(reasoned, lexicon, subject, answer_id) if conclusion.advice else (),
        extension={EXTENSION: render_evaluation(conclusion, facts, lexicon.knowledge)},
    )
    return Evaluation(facts, conclusion, response)


def _cards(reasoned: Reasoned, lexicon: Lexicon, subject: Subject, answer_id: UUID) -> tuple[Card, ...]:
    weakness = reasoned.conclusion.weakness
    rendering = Rendering(
        knowledge=lexicon.knowledge,
        facts=reasoned.facts,
        weakness=tuple(one.finding for one in weakness.triggers) if weakness else (),
        promoted_by=weakness.promoted_by if weakness else (),
        subject=subject,
        answer_id=answer_id,
        pages=lexicon.pages,
    )
    return tuple(render_card(advice, rendering) for advice in reasoned.conclusion.advice)
