"""The outermost layer: begins the record of each call, and hands it to those who want it when the call is over."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from time import perf_counter
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.observability.call import CURRENT, CallRecord, Endpoint

_CORRELATION = (b"x-correlation-id", b"x-request-id")
_TRACE_PARENT = b"traceparent"
_SAFE = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._\-]{7,127}")
_ENDPOINTS: dict[str, Endpoint] = {
    "cards": "page",
    "livez": "health",
    "readyz": "health",
    "metrics": "metrics",
    "feedback": "operator",
    "operator": "operator",
}
_HOOKS = "cds-services"


class Sink(Protocol):
    """Who wants the record of each call. Must not raise and must not wait."""

    def record(self, call: CallRecord) -> None:
        """Take the record of a call that is over."""


class ObserveCalls:
    """Around everything else, so that what is refused early is seen as well.

    `services` are the ids of our services: what else stands in a URL is a client's, and recorded as "other".
    A correlation id comes from the client when it is one (8 to 128 letters, digits, `.`, `_`, `-`), and goes back
    under the name it came by. `sinks` is not copied: some are added once the event loop runs.
    """

    def __init__(
        self, app: ASGIApp, *, sinks: Sequence[Sink], services: Collection[str], clock: Callable[[], datetime]
    ) -> None:
        self._app, self._sinks, self._clock = app, sinks, clock
        self._services = frozenset(services)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and record."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        call, correlation = self._begin(scope)

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                call.status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), correlation]}
            await send(message)

        token = CURRENT.set(call)
        try:
            await self._app(scope, receive, watched)
        finally:
            call.seconds = perf_counter() - call.began
            for sink in self._sinks:
                sink.record(call)
            CURRENT.reset(token)

    def _begin(self, scope: Scope) -> tuple[CallRecord, tuple[bytes, bytes]]:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        correlation = _correlation(headers)
        endpoint, service = self._target(scope["path"])
        parent = next((value for name, value in headers if name == _TRACE_PARENT), None)
        call = CallRecord(
            started=self._clock(),
            correlation=correlation[1].decode(),
            endpoint=endpoint,
            service=service,
            trace_parent=parent.decode("latin-1") if parent else None,
        )
        return call, correlation

    def _target(self, path: str) -> tuple[Endpoint, str | None]:
        first, *rest = path.strip("/").split("/")
        if first != _HOOKS:
            return _ENDPOINTS.get(first, "other"), None
        if not rest:
            return "discovery", None
        service = rest[0] if rest[0] in self._services else "other"
        return ("feedback" if rest[1:] == ["feedback"] else "other" if rest[1:] else "call"), service


def _correlation(headers: Sequence[tuple[bytes, bytes]]) -> tuple[bytes, bytes]:
    """The header to answer with."""
    for name, value in headers:
        if name in _CORRELATION and _SAFE.fullmatch(value):
            return name, value
    return _CORRELATION[0], os.urandom(16).hex().encode()
