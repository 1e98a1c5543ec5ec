"""/openapi.json for programs, and /docs for people: plain HTML, which needs no script and nothing from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from fastapi import APIRouter, Request, Response
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from app.description.document import document
from app.description.examples import examples
from app.description.operation import Caller, Json
from app.description.page import page
from app.hooks.state import State
from app.pages.routes import SAFE
from app.serving.parts import Parts


@dataclass(frozen=True, slots=True)
class _Made:
    """The document and its page, as long as the State that its examples come from is served."""

    state: State
    json: bytes
    html: str


def build_router(parts: Parts, base: str) -> APIRouter:
    """Routes over the app that they are included in; `base` is the path of the pages whose style they share."""
    router = APIRouter(include_in_schema=False)
    loader = ChoiceLoader([PackageLoader("app.description"), PackageLoader("app.pages")])
    templates = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    last: list[_Made] = []

    def made(request: Request) -> _Made:
        """Made when it is first asked for, and when the knowledge has changed; in a thread, for it takes a while."""
        state = parts.serving.state
        if not last or last[0].state is not state:
            described = _document(request, parts, state)
            html = templates.get_template("reference.html").render(base=base, **page(described))
            last[:] = [_Made(state, msgspec.json.encode(described), html)]
        return last[0]

    @router.get("/openapi.json")
    def openapi(request: Request) -> Response:
        return Response(made(request).json, media_type="application/json")

    @router.get("/docs")
    def docs(request: Request) -> Response:
        return Response(made(request).html, media_type="text/html", headers=SAFE)

    return router


def _document(request: Request, parts: Parts, state: State) -> Json:
    settings = parts.settings
    open_to: set[Caller] = set()
    if not settings.requires_authentication:
        open_to.add("client")
    if settings.is_development and settings.operator_token is None:
        open_to.add("operator")
    known = examples(state, parts.serving.knowledge)
    return document(request.app, url=settings.base_url, examples=known, open_to=frozenset(open_to))
