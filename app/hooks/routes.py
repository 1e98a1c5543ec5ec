"""The routes of CDS Hooks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from app.errors import UnknownService, UnsupportedMediaType
from app.hooks.admission import admit
from app.hooks.call import answer
from app.hooks.feedback import decode_feedback
from app.hooks.json_response import json_response
from app.hooks.plain_route import PlainRoute
from app.hooks.service import SERVICE_ID
from app.hooks.state import Edge
from app.observability.call import current_call
from app.security.body import check_body
from app.security.limits import whole_body
from app.store.feedback import save_feedback
from app.store.records import Origin

_JSON = ("application/json", "application/fhir+json")

ServiceId = Annotated[str, Path(description="as discovery has it", json_schema_extra={"enum": [SERVICE_ID]})]


def build_router(edge: Edge) -> APIRouter:
    """Routes over what `edge` says is current, all but that of a call."""
    router = APIRouter()

    @router.head("/cds-services", include_in_schema=False)
    @router.get("/cds-services", summary="Discovery")
    async def discover(request: Request) -> Response:
        state = edge.current()
        await admit(request, edge, state)
        return Response(state.discovery, media_type="application/json")

    @router.post("/cds-services/{service_id}/feedback", summary="Say what became of cards")
    async def feedback(service_id: ServiceId, request: Request) -> Response:
        client = await admit(request, edge, edge.current())
        _require_service(service_id)
        _require_json(request)
        body = await request.body()
        check_body(body)
        items = decode_feedback(body)
        origin = Origin(service_id, client.iss, edge.clock())
        await save_feedback(edge.database, items, origin, keep_comments=edge.keep_comments)
        current_call().feedback = [item.outcome for item in items]
        return json_response({})

    return router


def call_route(edge: Edge) -> PlainRoute:
    """The route that every chart comes by."""

    async def call(service_id: ServiceId, request: Request) -> Response:
        state = edge.current()
        client = await admit(request, edge, state)
        _require_service(service_id)
        _require_json(request)
        return json_response(await answer(await whole_body(request.receive), client, edge, state))

    return PlainRoute("/cds-services/{service_id}", call, methods=["POST"], summary="Call a service")


def _require_service(service_id: ServiceId) -> None:
    if service_id != SERVICE_ID:
        raise UnknownService(f"no such service; there is `{SERVICE_ID}`")


def _require_json(request: Request) -> None:
    declared = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if declared not in _JSON:
        raise UnsupportedMediaType(f"Content-Type {' or '.join(_JSON)} was expected")
