"""The routes of CDS Hooks, and whether the process is alive and ready."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec
from fastapi import APIRouter, Request, Response

from app.errors import UnknownService, UnsupportedMediaType
from app.facts.context import Lexicon
from app.hooks.request import decode_request
from app.hooks.service import HOOK, SERVICE_ID, answer, describe

_JSON = ("application/json", "application/fhir+json")


def build_router(lexicon: Lexicon, clock: Callable[[], datetime]) -> APIRouter:
    """Routes over one set of knowledge; `clock` gives the time of each call."""
    router = APIRouter()
    services = {"services": [describe(lexicon.knowledge.vocabulary)]}

    @router.get("/cds-services", summary="Discovery")
    async def discover() -> Response:
        return _json(services)

    @router.post("/cds-services/{service_id}", summary="Call a service")
    async def call(service_id: str, request: Request) -> Response:
        if service_id != SERVICE_ID:
            raise UnknownService(f"no such service; there is `{SERVICE_ID}`")
        _require_json(request)
        return _json(answer(decode_request(await request.body(), HOOK), lexicon, clock()))

    @router.get("/livez", summary="Is the process alive?")
    async def live() -> Response:
        return _json({"status": "alive"})

    @router.get("/readyz", summary="Is it ready for calls? (The knowledge was loaded before the routes were built.)")
    async def ready() -> Response:
        return _json({"status": "ready"})

    return router


def _require_json(request: Request) -> None:
    declared = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if declared not in _JSON:
        raise UnsupportedMediaType(f"Content-Type {' or '.join(_JSON)} was expected")


def _json(body: object) -> Response:
    return Response(msgspec.json.encode(body), media_type="application/json")
