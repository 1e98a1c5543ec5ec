"""One line that names the finding and the advice, in at most 139 characters (protocol R2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from app.knowledge.check import BECAUSE, ORDERS
from app.reasoning.assess import Assessment
from app.reasoning.conclude import Advice
from app.rendering.context import Rendering
from app.rendering.wording import asked_names, short, study_date

_LONGEST = 139
_PLACEHOLDER = re.compile(r"\{([a-z0-9-]+)\}")
_NO_ORDERS = "the results that are there"


def summary(advice: Advice, rendering: Rendering) -> str:
    """The card's summary at its level; facts and orders are shortened so that the advice stays whole."""
    found = advice.found
    template = _answered(found, rendering) or found.card.card[found.wording or "info"].summary
    names = _PLACEHOLDER.findall(template)
    room = _LONGEST - len(_PLACEHOLDER.sub("", template))
    parts = [_parts(name, advice, rendering) for name in names]
    texts = iter(_joined(one, share) for one, share in zip(parts, _shares(parts, room), strict=True))
    # A list that was cut short ends in an ellipsis, and a sentence that ends in one has no full stop.
    return _PLACEHOLDER.sub(lambda _: next(texts), template).replace("….", "…")[:_LONGEST]


def _shares(parts: Sequence[Sequence[str]], room: int) -> list[int]:
    """Room for each placeholder: who needs less than an equal share leaves the rest to the others."""
    needs = [len(", ".join(one)) for one in parts]
    shares = [0] * len(needs)
    for count, index in zip(range(len(needs), 0, -1), sorted(range(len(needs)), key=needs.__getitem__), strict=True):
        shares[index] = min(needs[index], room // count)
        room -= shares[index]
    return shares


def _answered(found: Assessment, rendering: Rendering) -> str:
    """What is left to say of an emergency once its study was reported (decision 25)."""
    study = found.answered_by
    if study is None:
        return ""
    label = rendering.knowledge.vocabulary.orders[study.order].label
    return f"{label} reported on {study_date(study)}: act on the result ({{{BECAUSE}}})."


def fill(template: str, advice: Advice, rendering: Rendering) -> str:
    """Put facts in place of placeholders; a signal that is not met stands for the facts that decided."""
    return _PLACEHOLDER.sub(lambda match: ", ".join(_parts(match[1], advice, rendering)), template)


def _parts(name: str, advice: Advice, rendering: Rendering) -> list[str]:
    vocabulary = rendering.knowledge.vocabulary
    if name == ORDERS:
        # Examinations come last: they need no order, and are always asked for.
        open_orders = sorted(
            dict.fromkeys(advice.asked), key=lambda name: vocabulary.orders[name].kind == "examination"
        )
        return [vocabulary.orders[name].label for name in open_orders] or [_NO_ORDERS]
    found = advice.found
    is_met = name != BECAUSE and found.answers[name].truth
    parts = [
        found.card.signals[one].label or short(fact, asked_names(found.card.signals[one]), vocabulary)
        for one in ((name,) if is_met else found.deciding)
        for fact in found.answers[one].facts
    ]
    return list(dict.fromkeys(parts)) or [found.card.title]


def _joined(parts: Iterable[str], room: int) -> str:
    """As many as fit whole, then an ellipsis."""
    whole = ", ".join(parts)
    if len(whole) <= room:
        return whole
    text = ""
    for part in parts:
        longer = f"{text}, {part}" if text else part
        if len(longer) >= room:
            break
        text = longer
    return f"{text or whole[: max(room - 1, 0)]}…"
