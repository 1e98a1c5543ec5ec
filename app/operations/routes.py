"""The routes for operators; each asks for the operator token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from app.errors import MalformedRequest
from app.hooks.json_response import json_response
from app.observability.metrics import CONTENT_TYPE
from app.operations.audit import check_audit
from app.operations.switching import change_switch, decode_change
from app.security.cors import require_origin
from app.security.operator import require_operator
from app.serving.parts import Parts
from app.store.export import feedback_csv, summary_csv
from app.store.summary import summarise
from app.store.switches import read_state

_CSV = "text/csv; charset=utf-8"
Time = Annotated[datetime | None, Query(description="as in 2026-11-22T09:00:00Z")]


def build_router(parts: Parts) -> APIRouter:
    """Routes over the parts of this process, and over what all processes share in the database."""
    secret = parts.settings.operator_token
    token = secret.get_secret_value() if secret else None

    def operator(request: Request) -> None:
        # A page elsewhere must not switch anything by the browser of a developer.
        require_origin((parts.edge.origin,), request.headers.get("origin"))
        authorization = request.headers.getlist("authorization")
        require_operator(authorization, token, open_without_token=parts.settings.is_development)

    router = APIRouter(dependencies=[Depends(operator)])
    database = parts.database

    @router.get("/metrics", summary="Metrics for Prometheus")
    def metrics() -> Response:
        return Response(parts.metrics.render(), media_type=CONTENT_TYPE)

    @router.get("/feedback/summary", summary="How often each card was shown, accepted and overridden")
    async def summary(
        since: Time = None,
        until: Time = None,
        format: Literal["json", "csv"] = "json",  # noqa: A002 (the parameter's name)
    ) -> Response:
        found = await summarise(database, _with_zone(since, "since"), _with_zone(until, "until"))
        return Response(summary_csv(found), media_type=_CSV) if format == "csv" else json_response(found)

    @router.get("/feedback/export", summary="Each item of feedback, as CSV")
    async def export(comments: bool = False) -> Response:
        pages = feedback_csv(database, comments=comments)
        # The first two are read before the answer begins, so that a database that is away is a 503.
        return StreamingResponse(_chained([await anext(pages), await anext(pages, "")], pages), media_type=_CSV)

    @router.get("/operator/switches", summary="What is switched off")
    async def switches() -> Response:
        return json_response(await read_state(database))

    @router.post("/operator/switches", summary="Switch a card or a client off or on")
    async def switch(request: Request) -> Response:
        change = decode_change(await request.body())
        shared = await change_switch(database, change, parts.serving.names(change.kind), parts.edge.clock())
        await parts.apply(shared)
        return json_response(shared)

    @router.post("/operator/reload", summary="Have all workers read knowledge and clients anew")
    async def reload() -> Response:
        return json_response({"generation": await parts.reload()})

    @router.get("/operator/audit", summary="Whether the audit trail is whole")
    async def audit() -> Response:
        problems = await check_audit(parts.settings.data_dir, database)
        return json_response({"problems": [str(one) for one in problems]})

    return router


async def _chained(first: list[str], rest: AsyncIterator[str]) -> AsyncIterator[str]:
    """What was read already, and then the rest."""
    for page in first:
        yield page
    async for page in rest:
        yield page


def _with_zone(time: datetime | None, name: str) -> datetime | None:
    """In UTC; raises MalformedRequest."""
    if time is None:
        return None
    if time.tzinfo is None:
        raise MalformedRequest("a time with its zone was expected, as in 2026-11-22T09:00:00Z", name)
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise MalformedRequest("a time within the years 1 to 9999 was expected", name) from error
