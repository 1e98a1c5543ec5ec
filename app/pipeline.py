"""The whole clinical story, pure: a chart and a time go in, cards come out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.chart.chart import Chart
from app.facts.context import Lexicon
from app.facts.model import PatientFacts
from app.facts.read import read_facts
from app.reasoning.conclude import Conclusion, conclude
from app.rendering.cards import render_card
from app.rendering.context import Rendering, Subject
from app.rendering.evaluation import EXTENSION, render_evaluation
from app.rendering.model import Response


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Each step of the story, so that it can be explained; `response` is what a client gets."""

    facts: PatientFacts
    conclusion: Conclusion
    response: Response


def evaluate(chart: Chart, lexicon: Lexicon, subject: Subject, now: datetime, answer_id: UUID) -> Evaluation:
    """Read the facts, reason on them, put the outcome into words. Same arguments, same answer."""
    facts = read_facts(chart, lexicon, now)
    conclusion = conclude(facts, lexicon.knowledge)
    weakness = conclusion.weakness
    rendering = Rendering(
        knowledge=lexicon.knowledge,
        facts=facts,
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
    return Evaluation(facts, conclusion, response)
