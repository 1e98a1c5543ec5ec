"""How much one process takes at once: bytes, seconds and calls (pure ASGI)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import MalformedRequest, TooLarge, Unavailable, UnsupportedMediaType
from app.security.refusals import BodyTooSlow, HeadersTooLarge

ALWAYS_OPEN = frozenset({"/livez", "/readyz"})
_LATER = {"Retry-After": "1"}
_CLOSE = {"Connection": "close"}
_PLAIN = {"Accept-Encoding": "identity"}  # RFC 9110, 15.5.16


@dataclass(frozen=True, slots=True)
class Limits:
    """`held_bytes` bounds the bodies of all calls together, those that are still arriving among them."""

    header_bytes: int = 32_768
    body_bytes: int = 10_000_000
    body_seconds: float = 10.0
    held_bytes: int = 250_000_000


class WholeBody:
    """Lets a request through once all of its body is here, within limits of size and time.

    Nothing behind it waits for a slow client, and a call's place (see ConcurrentCalls) is never held by one.
    Raises HeadersTooLarge, UnsupportedMediaType, TooLarge, BodyTooSlow, Unavailable.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        check_head(scope, self._limits)
        body = _Body(self, self._limits)
        try:
            if await body.arrives(receive):
                await self._app(scope, body.replayed(receive), send)
        finally:
            self._held -= body.size

    def hold(self, size: int) -> None:
        """Account for bytes that arrived; raises Unavailable when this process holds too many."""
        self._held += size
        if self._held > self._limits.held_bytes:
            raise Unavailable("too much is being received at once; try again", headers=_LATER)


class _Body:
    """One body on its way in."""

    def __init__(self, gate: WholeBody, limits: Limits) -> None:
        self.size = 0
        self._gate = gate
        self._limits = limits
        self._chunks: list[bytes] = []

    async def arrives(self, receive: Receive) -> bool:
        """Whether all of it came before the client left."""
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                while (message := await receive())["type"] == "http.request":
                    self._take(message.get("body", b""))
                    if not message.get("more_body", False):
                        return True
        except TimeoutError:
            raise BodyTooSlow(f"the body was expected within {self._limits.body_seconds:g} s", headers=_CLOSE) from None
        return False

    def _take(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self._gate.hold(len(chunk))
        _require_size(self.size, self._limits)
        self._chunks.append(chunk)

    def replayed(self, receive: Receive) -> Receive:
        """The body as one message, then whatever the server says."""
        whole = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        waiting: list[Message] = [{"type": "http.request", "body": whole, "more_body": False}]
        self._chunks.clear()

        async def next_message() -> Message:
            return waiting.pop() if waiting else await receive()

        return next_message


async def whole_body(receive: Receive) -> bytes:
    """The body of a request that WholeBody let through: one message. (Starlette's Request would copy it once more.)"""
    body: bytes = (await receive())["body"]
    return body


def check_head(scope: Scope, limits: Limits) -> None:
    """Raise for a request whose URL and headers already say that it cannot be taken."""
    size = len(scope.get("raw_path") or b"") + len(scope.get("query_string", b""))
    for name, value in scope["headers"]:
        size += len(name) + len(value)
        if name == b"content-length":
            _require_size(_number(value), limits)
        elif (name == b"content-encoding" and value.strip().lower() not in (b"", b"identity")) or (
            name == b"transfer-encoding" and value.strip().lower() != b"chunked"
        ):
            raise UnsupportedMediaType("a body that is not compressed was expected", headers=_PLAIN)
    if size > limits.header_bytes:
        raise HeadersTooLarge(f"URL and headers may have {limits.header_bytes} bytes together")


def _require_size(size: int, limits: Limits) -> None:
    if size > limits.body_bytes:
        raise TooLarge(f"a body may have {limits.body_bytes} bytes")


def _number(text: bytes) -> int:
    if not text.isdigit():
        raise MalformedRequest("Content-Length is a number")
    return int(text)


class ConcurrentCalls:
    """Refuses at once what is more than `most` calls at a time; nothing queues. Raises Unavailable.

    Probes are let through: an orchestrator that hears nothing would end a process that is merely busy.
    """

    def __init__(self, app: ASGIApp, most: int, exempt: Iterable[str] = ALWAYS_OPEN) -> None:
        self._app = app
        self._most = most
        self._exempt = frozenset(exempt)
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["path"] in self._exempt:
            await self._app(scope, receive, send)
            return
        if self._running >= self._most:
            raise Unavailable(f"{self._most} calls are being answered; try again", headers=_LATER)
        self._running += 1
        try:
            # Calls that came together are counted together: without this, each would run to its end before the next
            # one is counted, and a burst would queue up unseen in the event loop.
            await asyncio.sleep(0)
            await self._app(scope, receive, send)
        finally:
            self._running -= 1
