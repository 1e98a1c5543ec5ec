"""Where everything is wired together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from fastapi import FastAPI

from app.description import routes as description
from app.hooks import outcome
from app.hooks import routes as hooks
from app.hooks.plain_route import Shortcut
from app.hooks.service import SERVICE_ID
from app.observability.log import LogWriter
from app.observability.middleware import ObserveCalls
from app.operations import routes as operations
from app.pages import routes as pages
from app.security.cors import CrossOrigin
from app.security.headers import SecurityHeaders
from app.security.host import LoopbackHost
from app.security.limits import ConcurrentCalls, Limits, WholeBody
from app.serving import health
from app.serving.parts import Parts
from app.settings import Settings


def create_app(
    settings: Settings, clock: Callable[[], datetime] | None = None, log_writer: LogWriter | None = None
) -> FastAPI:
    """The service; raises KnowledgeError, ClientsError, SettingsError when something is not fit for use."""
    settings.require_servable()
    clock = clock or (lambda: datetime.now(settings.time_zone))
    parts = Parts(settings, clock, log_writer)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with parts.running():
            yield

    knowledge = parts.serving.state.lexicon.knowledge
    app = FastAPI(
        title="Legwork",
        summary="CDS Hooks service for leg weakness",
        version=knowledge.version,
        lifespan=lifespan,
        redirect_slashes=False,
        # Of its own description: FastAPI's page loads scripts from elsewhere.
        openapi_url=None,
        generate_unique_id_function=lambda route: route.name,
        # FastAPI's own would put URLs and the messages of exceptions into spans.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    call = hooks.call_route(parts.edge)
    app.router.routes.append(call)
    app.add_middleware(Shortcut, route=call, parameters={"service_id": SERVICE_ID})
    app.include_router(hooks.build_router(parts.edge))
    app.include_router(health.build_router(parts))
    app.include_router(operations.build_router(parts))
    app.include_router(pages.build_router(parts.serving, settings.cards_dir, "/cards"))
    app.include_router(description.build_router(parts, "/cards"))
    _protect(app, parts, clock)
    app.state.parts = parts
    return app


def _protect(app: FastAPI, parts: Parts, clock: Callable[[], datetime]) -> None:
    """Around the routes; what is added last is outermost."""
    settings = parts.settings
    app.add_middleware(ConcurrentCalls, most=settings.max_concurrent_calls)
    app.add_middleware(WholeBody, limits=Limits(body_bytes=settings.max_body_bytes, body_seconds=settings.body_timeout))
    if settings.is_development:
        app.add_middleware(LoopbackHost)
    outcome.install(app)
    app.add_middleware(
        CrossOrigin,
        origins=parts.origins,
        development=settings.is_development,
        private_network=settings.allow_unauthenticated,
    )
    app.add_middleware(SecurityHeaders, https=settings.base_url.startswith("https://"))
    app.add_middleware(ObserveCalls, sinks=parts.sinks, services=(SERVICE_ID,), clock=clock)
