"""CORS for clients that run in a browser (protocol S6).

Preflights carry no token, so they answer for the origins of all clients together; `require_origin` then holds each call
to the origins of its own client.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import Forbidden
from app.security.outcome import outcome_body

SANDBOX = "https://sandbox.cds-hooks.org"
"""The public CDS Hooks sandbox, which may call in development mode."""
LOOPBACK = r"https?://(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?"
"""Origins of this machine, at any port."""

_CORRELATION = ("X-Correlation-Id", "X-Request-Id")
_MAX_AGE_SECONDS = 600


class CrossOrigin(CORSMiddleware):
    """Starlette's, for this service. It must be outside of whatever answers errors, or a browser shows nothing of them.

    `origins` gives those of all clients; `development` adds the public sandbox and this machine. `private_network`
    answers the preflight with which a browser asks before a public page may call a private network, which development
    and a demonstration need. No cookies are involved, so credentials (in CORS's sense) are never allowed, and no
    answer says `*`.
    """

    def __init__(
        self,
        app: ASGIApp,
        origins: Callable[[], Collection[str]],
        *,
        development: bool = False,
        private_network: bool = False,
    ) -> None:
        super().__init__(
            app,
            allow_origins=(SANDBOX,) if development else (),
            allow_origin_regex=LOOPBACK if development else None,
            allow_methods=("GET", "POST"),
            allow_headers=("Authorization", "Content-Type", *_CORRELATION),
            allow_private_network=development or private_network,
            expose_headers=(*_CORRELATION, "Retry-After", "WWW-Authenticate"),
            max_age=_MAX_AGE_SECONDS,
        )
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As Starlette's; but what is no browser is let through, save that whatever a cache may keep varies."""
        if scope["type"] == "http" and scope["method"] == "POST" and not _has_origin(scope):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def is_allowed_origin(self, origin: str) -> bool:
        """As Starlette's, and whatever the clients of now are registered with."""
        return super().is_allowed_origin(origin) or origin in self._origins()

    def preflight_response(self, request_headers: Headers) -> Response:
        """As Starlette's, but a refusal says so in an OperationOutcome."""
        response = super().preflight_response(request_headers)
        if response.status_code < 400:  # noqa: PLR2004 (where HTTP's errors begin)
            return response
        body = outcome_body("forbidden", bytes(response.body).decode())
        kept = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
        return Response(body, 403, kept, "application/json")


def _has_origin(scope: Scope) -> bool:
    return any(name == b"origin" for name, _ in scope["headers"])


def require_origin(allowed: Collection[str], origin: str | None, *, development: bool = False) -> None:
    """Raise Forbidden when a browser called from a page that is not one of its client's.

    `origin` is the Origin header; whatever is no browser sends none. Give the service's own origin among `allowed`, or
    its own pages (/docs) cannot call it.
    """
    if origin is None or origin in allowed:
        return
    if development and (origin == SANDBOX or _is_loopback(origin)):
        return
    raise Forbidden("this client may not call from the origin of this page")


def _is_loopback(origin: str) -> bool:
    return re.fullmatch(LOOPBACK, origin) is not None
