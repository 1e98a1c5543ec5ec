"""Why a card speaks at a lower level than the one that fired."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from app.facts.model import Study
from app.knowledge.card import LEVELS, Level
from app.reasoning.answers import Answers
from app.reasoning.assess import Assessment, promotion_cap
from app.reasoning.signals import Question
from app.reasoning.verdict import judge


class Lowering(Struct, frozen=True):
    """A limit that was put on the level, and the study where it was one that answered the card."""

    because: Literal["suspected", "inferred", "answered"]
    at_most: Level
    study: Study | None = None


def fired_level(found: Assessment, question: Question) -> Level | None:
    """The level that fired, suspicion included: an assessment that was weighed without it holds what was left."""
    return judge(found.card, question.weakness.of_the_legs, Answers(found.card.signals, question).truths).level


def lowerings(found: Assessment, question: Question) -> Iterator[Lowering]:
    """What lowered the level, in the order of app/reasoning/assess.py; an answer also where it changed words alone."""
    level = fired_level(found, question)
    for one in _limits(found, question) if level else ():
        if one.study or LEVELS.index(one.at_most) > LEVELS.index(level or one.at_most):
            level = one.at_most
            yield one


def _limits(found: Assessment, question: Question) -> Iterator[Lowering]:
    card = found.card
    yield Lowering("suspected", card.suspected_at_most if found.suspected else found.verdict.level or "info")
    if cap := promotion_cap(found, question):
        yield Lowering("inferred", cap)
    if card.answered_by and found.answered_by:
        yield Lowering("answered", card.answered_by.level, found.answered_by)
