"""One line that names the finding and the advice, in at most 139 characters (protocol R2)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.knowledge.check import BECAUSE, ORDERS
from app.reasoning.assess import Assessment
from app.reasoning.conclude import Advice
from app.rendering.context import Rendering
from app.rendering.wording import asked_names, short, study_date

_LONGEST = 139
_PLACEHOLDER = re.compile(r"\{([a-z0-9-]+)\}")
_NO_ORDERS = "the results that are there"


def summary(advice: Advice, rendering: Rendering) -> str:
    """The card's summary at its level; the facts are shortened before the advice is."""
    found = advice.found
    template = _answered(found, rendering) or found.card.card[found.wording or "info"].summary
    fixed = len(_PLACEHOLDER.sub("", template))
    places = max(len(_PLACEHOLDER.findall(template)), 1)
    return fill(template, advice, rendering, (_LONGEST - fixed) // places)[:_LONGEST]


def _answered(found: Assessment, rendering: Rendering) -> str:
    """What is left to say of an emergency once its study was reported (decision 25)."""
    study = found.answered_by
    if study is None:
        return ""
    label = rendering.knowledge.vocabulary.orders[study.order].label
    return f"{label} reported on {study_date(study)}: act on the result ({{{BECAUSE}}})."


def fill(template: str, advice: Advice, rendering: Rendering, room: int = 1000) -> str:
    """Put facts in place of placeholders; a signal that is not met stands for the facts that decided."""
    return _PLACEHOLDER.sub(lambda match: _joined(_parts(match[1], advice, rendering), room), template)


def _parts(name: str, advice: Advice, rendering: Rendering) -> list[str]:
    vocabulary = rendering.knowledge.vocabulary
    if name == ORDERS:
        return [vocabulary.orders[order].label for order in dict.fromkeys(advice.asked)] or [_NO_ORDERS]
    found = advice.found
    is_met = name != BECAUSE and found.answers[name].truth
    parts = [
        found.card.signals[one].label or short(fact, asked_names(found.card.signals[one]), vocabulary)
        for one in ((name,) if is_met else found.deciding)
        for fact in found.answers[one].facts
    ]
    return list(dict.fromkeys(parts)) or [found.card.title]


def _joined(parts: Iterable[str], room: int) -> str:
    """As many as fit, then an ellipsis."""
    text = ""
    for part in parts:
        longer = f"{text}, {part}" if text else part
        if len(longer) > room - 1:
            return f"{text or part[: room - 1]}…"
        text = longer
    return text
