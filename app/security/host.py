"""Development mode answers this machine only (pure ASGI)."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from app.clients.address import is_loopback
from app.errors import Forbidden

# A proxy may put its own target into Host, and what it was called by into X-Forwarded-Host.
_NAMES = (b"host", b"x-forwarded-host")


class LoopbackHost:
    """Refuses what was not sent to a loopback name: by a proxy, or by a page whose name changed its address.

    (DNS rebinding: the browser of a developer is made to call 127.0.0.1 under an attacker's name.) Raises Forbidden.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http" and not is_for_this_machine(scope):
            raise Forbidden("in development mode, Host must be localhost or another loopback name or address")
        await self._app(scope, receive, send)


def is_for_this_machine(scope: Scope) -> bool:
    """Whether there is a Host header, and all that say whom the request is for name a loopback host."""
    said = [(name, value) for name, value in scope["headers"] if name in _NAMES]
    return any(name == b"host" for name, _ in said) and all(_is_loopback(value.decode("latin-1")) for _, value in said)


def _is_loopback(authority: str) -> bool:
    try:
        parts = urlsplit(f"//{authority}")
        _ = parts.port
    except ValueError:
        return False
    return parts.netloc == authority and "@" not in authority and is_loopback(parts.hostname or "")
