"""One request by the way out."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from app.outbound.client import OutboundClient

_NONE: Mapping[str, str] = {}


async def get(
    client: OutboundClient, url: str, headers: Mapping[str, str] = _NONE, seconds: float = 5.0
) -> httpx.Response:
    """The answer with its body."""
    async with client.stream("GET", url, headers=headers, seconds=seconds) as response:
        await response.aread()
    return response
