"""Who may call: token and origin of the page. A client that is switched off may; call.py gives it no cards."""

from __future__ import annotations

from fastapi import Request

from app.clients.client import Client
from app.hooks.state import Edge, State
from app.observability.call import current_call
from app.security.cors import require_origin


async def admit(request: Request, edge: Edge, state: State) -> Client:
    """The client that calls; raises Unauthorized, Forbidden and Unavailable (protocol S1 to S6)."""
    call = current_call()
    with call.phase("auth"):
        headers = request.headers
        called = (f"{edge.base_url}{request.scope['path']}",)
        client = await state.verifier.verify(headers.getlist("authorization"), called, edge.clock())
        call.client = client.iss
        require_origin((*client.cors_origins, edge.origin), headers.get("origin"), development=edge.development)
    return client
