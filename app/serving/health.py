"""Whether the process is alive, and ready for calls. Always open, and says nothing else."""

from __future__ import annotations

from fastapi import APIRouter, Response

from app.errors import Unavailable
from app.hooks.json_response import json_response
from app.serving.parts import Parts
from app.store.switches import read_state


def build_router(parts: Parts) -> APIRouter:
    """Routes for probes. The knowledge was loaded before they were built."""
    router = APIRouter()

    @router.head("/livez", include_in_schema=False)
    @router.get("/livez", summary="Is the process alive?")
    async def live() -> Response:
        return json_response({"status": "alive"})

    @router.head("/readyz", include_in_schema=False)
    @router.get("/readyz", summary="Is it ready for calls?")
    async def ready() -> Response:
        if parts.draining:
            raise Unavailable("this process is about to end")
        if parts.settings.requires_authentication:
            # Without the database a token could be used twice, so no call is answered.
            await read_state(parts.database)
        return json_response({"status": "ready"})

    return router
