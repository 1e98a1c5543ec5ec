"""An offer to go on in another protocol, ignored without losing the body of the request that makes it."""

from __future__ import annotations

from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class OneProtocol(HttpToolsProtocol):
    """Answers a request that offers an upgrade as it stands (RFC 9110, 7.8).

    Java's HttpClient and `curl --http2` make an offer with their requests over plain http. httptools takes the headers
    of such a request for all of it; uvicorn would answer it without its body, and read that as the next request.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parser = _Parser(self)

    def head_without_offer(self) -> bytes:
        """Of the request that was read last. What its Connection says of an upgrade means nothing by itself."""
        start = b"%b %b HTTP/%b\r\n" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        return start + b"".join(b"%b: %b\r\n" % pair for pair in self.headers if pair[0] != b"upgrade") + b"\r\n"

    def _should_upgrade(self) -> bool:
        # Asked only of a request with an offer. uvicorn leaves it alone then, and that is right: it will be read again.
        return self.parser.get_method() != b"CONNECT"


class _Parser(httptools.HttpRequestParser):
    """Reads a request that offers an upgrade a second time, without the offer."""

    def __init__(self, protocol: OneProtocol) -> None:
        self._protocol = protocol
        self._start()

    def feed_data(self, data: bytes | memoryview) -> None:  # type: ignore[override]  # uvicorn gives bytes
        """Raises HttpParserError, and HttpParserUpgrade for CONNECT alone."""
        while True:
            try:
                return super().feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                if self.get_method() == b"CONNECT":
                    raise
                data = memoryview(data)[offer.args[0] :]
            self._read_again(self._protocol.head_without_offer())

    def _read_again(self, head: bytes) -> None:
        self._start()  # an offer with `Connection: close` has closed the parser, too
        super().feed_data(head)

    def _start(self) -> None:
        super().__init__(self._protocol)
        self.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
