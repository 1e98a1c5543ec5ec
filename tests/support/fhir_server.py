"""A FHIR server on a real socket that misbehaves as told. It runs in a thread of its own, for tests of either kind."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from tests.support.charts import Json, bundle

OUTCOME: Json = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]}

Ending = Literal["whole", "broken", "stalled", "dripping", "silent", "hung-up"]


@dataclass(frozen=True)
class Seen:
    """A request that arrived; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: str

    @property
    def path(self) -> str:
        """Below the base of the server, as in `Patient/p1`."""
        return urlsplit(self.target).path.removeprefix("/fhir").strip("/")

    @property
    def parameters(self) -> dict[str, str]:
        """Of the query, or of the form."""
        return dict(parse_qsl(self.body if self.method == "POST" else urlsplit(self.target).query))


@dataclass(frozen=True)
class Answer:
    """What is sent back, and how it ends.

    `broken` and `stalled` send half of the body and then hang up, or say nothing more; `dripping` sends it with a blank
    every 20 ms and never comes to the end; `silent` and `hung-up` end before the first byte. `latency` is in seconds;
    `after` withholds the answer until so many requests have arrived.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/fhir+json"
    ending: Ending = "whole"
    chunked: bool = False
    latency: float = 0.0
    after: int = 0

    @property
    def content(self) -> bytes:
        """The body as bytes; what is neither bytes nor text is JSON."""
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()


Behaviour = Answer | Callable[[Seen], Answer]


class FhirServer:
    """Holds resources and gives all of a type, whatever the search says, unless a path is told to behave otherwise."""

    def __init__(self, resources: Iterable[Json] = (), *, latency: float = 0.0, after: int = 0) -> None:
        self.seen: list[Seen] = []
        self.most_at_once = 0
        self._resources = list(resources)
        self._usual = Answer(latency=latency, after=after)
        self._told: dict[str, list[Behaviour]] = defaultdict(list)
        self._at_once = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def on(self, path: str, *behaviours: Behaviour) -> None:
        """Answer requests for this path with each of these in turn, and with the last one from then on."""
        self._told[path] = list(behaviours)

    def asked(self, path: str) -> list[Seen]:
        """The requests for this path that have arrived."""
        return [one for one in self.seen if one.path == path]

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        """The base URL, which has a path."""
        return f"{self.origin}/fhir"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    async def _run(self) -> None:
        self._loop, self._stop, self._arrived = asyncio.get_running_loop(), asyncio.Event(), asyncio.Condition()
        self._connections: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self._port: int = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.ensure_future(self._serve(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._send(await self._answer(await self._read(reader)), writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client hung up, as it may
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Seen:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        start, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = (await reader.readexactly(int(headers.get("content-length", 0)))).decode()
        method, target, _ = start.split(" ")
        return Seen(method, target, headers, body)

    async def _answer(self, seen: Seen) -> Answer:
        answer = self._behaviour(seen)
        async with self._arrived:
            self.seen.append(seen)
            self._arrived.notify_all()
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            await self._arrived.wait_for(lambda: len(self.seen) >= answer.after)
        await asyncio.sleep(answer.latency)
        self._at_once -= 1
        return answer

    def _behaviour(self, seen: Seen) -> Answer:
        told = self._told[seen.path]
        if not told:
            return self._usually(seen)
        behaviour = told.pop(0) if len(told) > 1 else told[0]
        return behaviour if isinstance(behaviour, Answer) else behaviour(seen)

    def _usually(self, seen: Seen) -> Answer:
        if seen.path == "metadata":
            return replace(self._usual, body={"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"})
        kind, _, name = seen.path.removesuffix("/_search").partition("/")
        held = [one for one in self._resources if one["resourceType"] == kind and name in ("", one["id"])]
        if not name:
            return replace(self._usual, body=bundle(held))
        return replace(self._usual, body=held[0]) if held else replace(self._usual, body=OUTCOME, status=404)

    async def _send(self, answer: Answer, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection can be used again."""
        if answer.ending not in ("silent", "hung-up"):
            writer.write(_on_the_wire(answer))
            await writer.drain()
        while answer.ending == "dripping":
            await asyncio.sleep(0.02)
            writer.write(b"1\r\n \r\n")
            await writer.drain()
        if answer.ending in ("stalled", "silent"):
            await self._stop.wait()
        return answer.ending == "whole"


def _on_the_wire(answer: Answer) -> bytes:
    content = answer.content
    length = "Transfer-Encoding: chunked" if answer.chunked else f"Content-Length: {len(content)}"
    headers = [f"{name}: {value}" for name, value in {"Content-Type": answer.content_type, **answer.headers}.items()]
    start = f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"
    head = "\r\n".join([start, length, *headers, "", ""]).encode()
    sent = content if answer.ending == "whole" else content[: len(content) // 2]
    if not answer.chunked:
        return head + sent
    chunk = b"%x\r\n%b\r\n" % (len(sent), sent) if sent else b""
    return head + chunk + (b"0\r\n\r\n" if answer.ending == "whole" else b"")
