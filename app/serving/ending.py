"""What the end of a process means to the calls that it answers (pure ASGI)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import Unavailable
from app.hooks.outcome import refusal

_CLOSE = (b"connection", b"close")


class Ending:
    """Once `draining` says so, no connection is used again: a proxy opens its next one to another instance.

    A call that is still under way when the time is over is answered with 503, and can be tried again elsewhere.
    """

    def __init__(self, app: ASGIApp, draining: Callable[[], bool]) -> None:
        self._app = app
        self._draining = draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def closing(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message = _closed(message) if self._draining() else message
            await send(message)

        try:
            await self._app(scope, receive, closing)
        except asyncio.CancelledError:
            if started or not self._draining():
                raise
            cut_off = Unavailable("this process had to end; try again", headers={"Retry-After": "1"})
            await refusal(cut_off)(scope, receive, closing)


def _closed(message: Message) -> Message:
    headers = list(message.get("headers", ()))
    return message if _CLOSE in headers else {**message, "headers": [*headers, _CLOSE]}
