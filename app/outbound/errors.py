"""What a refusal to connect raises."""

from __future__ import annotations

import httpx


class ForbiddenAddress(httpx.TransportError):
    """The destination may not be called. Nothing was sent; trying again is of no use."""

    kind = "forbidden-address"
