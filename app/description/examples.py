"""Examples of bodies: written down in examples/, but for what this service answers itself."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from uuid import UUID

import msgspec

from app.catalogue.card_page import card_page
from app.description.operation import Json
from app.fhir.prefetch import read_prefetch
from app.hooks.request import decode_request, subject_of
from app.hooks.service import HOOK
from app.hooks.state import State
from app.knowledge.knowledge import Knowledge
from app.pipeline import evaluate

CALL = "call-with-prefetch"
ANSWERED_AT = datetime.fromisoformat("2026-11-22T15:00:00+00:00")
"""When the example of a call is answered: what is recent in it is recent then."""
_ANSWER_ID = UUID("5d5a2b6e-8c4e-4c0a-9d3b-0c8e5f0f5a11")


@cache
def written() -> dict[str, Any]:
    """The values of the files in examples/, by their names."""
    found = (file for file in files("app.description").joinpath("examples").iterdir() if file.name.endswith(".json"))
    return {file.name.removesuffix(".json"): json.loads(file.read_text(encoding="utf-8")) for file in found}


def examples(state: State, knowledge: Knowledge) -> Json:
    """All Example Objects by name."""
    pages = [msgspec.to_builtins(card_page(card, knowledge)) for card in knowledge.cards]
    shortest = min(pages, key=lambda page: len(str(page)))
    own = {"discovery": json.loads(state.discovery), "answer": _answer(state), "cards": [shortest], "card": shortest}
    return {name: {"value": value} for name, value in sorted({**written(), **own}.items())}


def _answer(state: State) -> Any:
    """What the example of a call is answered with: reasoned on by the knowledge of now, so it cannot be out of date."""
    request = decode_request(json.dumps(written()[CALL]).encode(), HOOK)
    chart = read_prefetch(request.prefetch, request.context.patient_id)
    found = evaluate(chart, state.lexicon, subject_of(request), ANSWERED_AT, _ANSWER_ID)
    return json.loads(msgspec.json.encode(found.response))
