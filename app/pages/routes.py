"""`/cards` and `/cards/<id>`, as HTML, or as JSON for who asks for it; `/` leads there."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi import Path as InUrl
from fastapi.responses import RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from msgspec.structs import replace

from app.cases.read import read_cases
from app.catalogue.card_page import CardPage, CaseLine, card_page
from app.errors import UnknownCard
from app.hooks.json_response import json_response
from app.knowledge.knowledge import Knowledge
from app.serving.serving import Serving

SAFE = {"Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'"}
"""What a page needs beyond the headers that every answer has."""

_OFF = "switched off by the operator"
CardId = Annotated[str, InUrl(description="as /cards lists it")]


def build_router(serving: Serving, folder: Path, base: str) -> APIRouter:
    """Routes over what is served now; `base` is the path the pages link to each other by."""
    router = APIRouter()
    templates = Environment(loader=PackageLoader("app.pages"), autoescape=True, undefined=StrictUndefined)

    @lru_cache(maxsize=1)
    def pages_of(_content_hash: str) -> dict[str, CardPage]:
        # Cases are read when the first page is asked for: the service itself never needs them.
        return _pages(serving.knowledge, folder)

    def pages() -> dict[str, CardPage]:
        known, off = pages_of(serving.knowledge.content_hash), serving.state.off_cards
        return known | {name: replace(known[name], status=_OFF) for name in off & known.keys()}

    def html(template: str, status: int = HTTPStatus.OK, **values: object) -> Response:
        text = templates.get_template(template).render(base=base, **values)
        return Response(text, status, media_type="text/html", headers=SAFE)

    @router.get("/", include_in_schema=False)
    def root() -> Response:
        return RedirectResponse(base)

    @router.get("/cards", summary="All cards")
    def index(request: Request) -> Response:
        several = list(pages().values())
        return json_response(several, SAFE) if _wants_json(request) else html("index.html", pages=several)

    @router.get("/cards/style.css", include_in_schema=False)
    def style() -> Response:
        return Response(templates.get_template("style.css").render(), media_type="text/css", headers=SAFE)

    @router.get("/cards/{card_id}", summary="Why a card says what it says")
    def one(card_id: CardId, request: Request) -> Response:
        page = pages().get(card_id)
        if page is not None:
            return json_response(page, SAFE) if _wants_json(request) else html("card.html", page=page)
        if "text/html" in request.headers.get("accept", ""):
            return html("gone.html", HTTPStatus.NOT_FOUND)  # a clinician followed the link of a card in an old chart
        raise UnknownCard("no card has this id; /cards lists them")

    return router


def _pages(knowledge: Knowledge, folder: Path) -> dict[str, CardPage]:
    files, _ = read_cases(folder)
    lines = {
        file.card: [CaseLine(case.name, case.kind, case.expect.level) for case in file.all_cases()] for _, file in files
    }
    return {card.id: card_page(card, knowledge, lines.get(card.id, [])) for card in knowledge.cards}


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")
