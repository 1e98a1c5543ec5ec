"""A connection that does not wait for ever: what uvicorn has no setting for (its HTTP protocol, with timers)."""

from __future__ import annotations

import asyncio
from typing import Any

from app.security.outcome import outcome_body
from app.security.upgrade import OneProtocol

_HEADER_SECONDS = 10.0
_HEADER_BYTES = 65_536


class TimedProtocol(OneProtocol):
    """Closes a connection whose next request does not have all of its headers in time, or has too many of them.

    uvicorn waits without end for the first byte, for the end of the headers, and for the rest of a body that nobody
    reads any more; a keep-alive connection that sends an empty line now and then stays open, too. Here a timer runs
    whenever the client has begun and no call is being answered. The body of a call has its own (WholeBody).
    """

    header_seconds = _HEADER_SECONDS
    header_bytes = _HEADER_BYTES

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._header_bytes = 0
        self._in_body = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """A client came."""
        super().connection_made(transport)
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        """Bytes came, of whatever."""
        if self._is_idle():
            self._await_headers()
        if not self._in_body:
            self._header_bytes += len(data)
        super().data_received(data)
        if self._header_bytes > self.header_bytes:
            self.transport.abort()

    def on_headers_complete(self) -> None:
        """The parser has all headers of a request."""
        self._stop_waiting()
        self._in_body = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The parser has all of a request."""
        self._in_body = False
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client left, or was sent away."""
        self._stop_waiting()
        super().connection_lost(exc)

    def timeout_keep_alive_handler(self) -> None:
        """A client that has not even read its last answer is not waited for."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        super().timeout_keep_alive_handler()

    def send_400_response(self, msg: str) -> None:
        """What is not HTTP is told so as everything else is: by an OperationOutcome."""
        body = outcome_body("structure", msg)
        head = (
            f"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
            "x-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _is_idle(self) -> bool:
        # Before the first request there is no cycle, whatever uvicorn declares.
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]

    def _await_headers(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.header_seconds, self.transport.abort)

    def _stop_waiting(self) -> None:
        self._header_bytes = 0
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def timed_protocol(header_seconds: float, header_bytes: int = _HEADER_BYTES) -> type[TimedProtocol]:
    """The protocol class for uvicorn's `http` setting, with limits of one's own."""
    return type("TimedProtocol", (TimedProtocol,), {"header_seconds": header_seconds, "header_bytes": header_bytes})
