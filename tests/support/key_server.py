"""A key server on a real socket, which answers what it is told to and counts who came."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class KeyServer:
    """`url` is that of the keys. A test changes the rest while it serves."""

    url: str
    body: bytes = b'{"keys": []}'
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0
    requests: list[str] = field(default_factory=list)

    def serve(self, *keys: dict[str, Any]) -> None:
        self.status, self.body = 200, json.dumps({"keys": keys}).encode()


@contextmanager
def key_server() -> Iterator[KeyServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.requests.append(self.path)
            time.sleep(state.seconds)
            self.send_response(state.status)
            for name, value in {"Content-Length": str(len(state.body)), **state.headers}.items():
                self.send_header(name, value)
            with suppress(ConnectionError):  # who asks may have hung up
                self.end_headers()
                self.wfile.write(state.body)

        def log_message(self, *arguments: Any) -> None:
            """Not on the terminal of the tests."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state = KeyServer(f"http://127.0.0.1:{server.server_address[1]}/jwks.json")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
