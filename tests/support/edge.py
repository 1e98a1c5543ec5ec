"""The edge of the service around a small app, on a real socket: for attacks that never reach the knowledge."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import uvicorn
from fastapi import FastAPI, Request, Response

from app.hooks import outcome
from app.observability.middleware import ObserveCalls
from app.security.body import check_body
from app.security.connection import timed_protocol
from app.security.cors import CrossOrigin
from app.security.headers import SecurityHeaders
from app.security.host import LoopbackHost
from app.security.limits import ConcurrentCalls, Limits, WholeBody

CLIENT = "https://ehr.example"


@dataclass(frozen=True, slots=True)
class Edge:
    """How the edge is set up. Times are in seconds; `work` is how long the app takes for a call."""

    limits: Limits = field(default_factory=Limits)
    calls: int = 100
    header_seconds: float = 10.0
    keep_alive: int = 5
    work: float = 0.0
    development: bool = False


def build_edge(edge: Edge) -> FastAPI:
    """The app, with all middlewares in the order in which the service has them."""
    app = FastAPI()

    @app.post("/call")
    async def call(request: Request) -> Response:
        body = await request.body()
        check_body(body)
        await asyncio.sleep(edge.work)
        return Response(str(len(body)), media_type="application/json")

    @app.get("/livez")
    async def live() -> Response:
        return Response("{}", media_type="application/json")

    @app.get("/bug")
    async def bug() -> Response:
        raise RuntimeError("what the chart said")

    app.add_middleware(ConcurrentCalls, most=edge.calls)
    app.add_middleware(WholeBody, limits=edge.limits)
    if edge.development:
        app.add_middleware(LoopbackHost)
    outcome.install(app)
    app.add_middleware(CrossOrigin, origins=lambda: {CLIENT}, development=edge.development)
    app.add_middleware(SecurityHeaders, https=True)
    app.add_middleware(ObserveCalls, sinks=(), services=(), clock=lambda: datetime.now(UTC))
    return app


def _server(edge: Edge) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            build_edge(edge),
            port=0,
            http=timed_protocol(edge.header_seconds),
            ws="none",
            log_level="critical",
            timeout_keep_alive=edge.keep_alive,
            backlog=4096,
        )
    )


@asynccontextmanager
async def serving(edge: Edge | None = None) -> AsyncIterator[int]:
    """The port that it listens on, until the end of the block."""
    server = _server(edge or Edge())
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task
