"""Where everything is wired together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fastapi import FastAPI

from app.facts.context import build_lexicon
from app.hooks import outcome
from app.hooks.routes import build_router
from app.knowledge.knowledge import load_knowledge
from app.pages import routes as pages
from app.settings import Settings


def create_app(settings: Settings, clock: Callable[[], datetime] | None = None) -> FastAPI:
    """The service; raises KnowledgeError when the knowledge is not fit for use."""
    clock = clock or (lambda: datetime.now(settings.time_zone))
    lexicon = build_lexicon(load_knowledge(settings.cards_dir), pages=f"{settings.base_url}/cards")
    app = FastAPI(title="Legwork", summary="CDS Hooks service for leg weakness", version=lexicon.knowledge.version)
    app.include_router(build_router(lexicon, clock))
    app.include_router(pages.build_router(lexicon.knowledge, settings.cards_dir, "/cards"))
    outcome.install(app)
    return app
