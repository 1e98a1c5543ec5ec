"""Latency at a fixed rate: requests leave on schedule, whether or not those before were answered.

Time counts from when a request was due, so that waiting for a slow answer is not left out ("coordinated omission"). wrk
has no such mode, and no packaged generator sends many bodies and a token for each call; this one tells how late it was
itself, which must be little beside what it measures. `python -m tests.benchmarks.open_loop` is the second process.
"""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from random import Random
from statistics import quantiles
from time import perf_counter
from typing import Literal, cast

import msgspec
import uvloop

from tests.benchmarks.bodies_file import read_bodies
from tests.benchmarks.calls import Calls
from tests.benchmarks.processes import GENERATOR_CORE, pinned

Arrivals = Literal["even", "random"]

_CONNECTIONS = 64
_PATIENCE_SECONDS = 30
_SPIN_SECONDS = 0.002  # before a request is due, the generator looks at the clock all the time
_OK = b"HTTP/1.1 200 "


class Latencies(msgspec.Struct, frozen=True):
    """Seconds from when requests were due to the end of their answers; `late` is how late the worst 1 % left."""

    requests: int
    p50: float
    p90: float
    p99: float
    most: float
    late: float


class Schedule(msgspec.Struct, frozen=True):
    """Requests a second, for so many seconds, evenly or as strangers come (Poisson)."""

    rate: float
    seconds: float
    arrivals: Arrivals = "even"


class Order(msgspec.Struct, frozen=True):
    """What the second process is told."""

    url: str
    calls: Calls
    schedule: Schedule


def measure_latency(url: str, calls: Calls, schedule: Schedule) -> Latencies:
    """Send on schedule; raises RuntimeError when any answer was not 200."""
    order = Order(url, calls, schedule)
    command = [*pinned(GENERATOR_CORE), sys.executable, "-m", "tests.benchmarks.open_loop"]
    done = subprocess.run(  # noqa: S603 (our own command)
        command, input=msgspec.json.encode(order), capture_output=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"the generator failed: {done.stderr.decode()[-2000:]}")
    return msgspec.json.decode(done.stdout, type=Latencies)


class _Connection(asyncio.Protocol):
    """Sends one request at a time; `due` is when it should have left, None while nothing is awaited."""

    def __init__(self, crew: _Crew) -> None:
        self._crew = crew
        self._received = bytearray()
        self._awaited: int | None = None
        self._due: float | None = None

    def send(self, due: float, request: bytes) -> None:
        self._due = due
        self._transport.write(request)

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._awaited is None and (end := self._received.find(b"\r\n\r\n")) >= 0:
            self._awaited = end + 4 + _length(bytes(self._received[:end]))
        if self._due is not None and self._awaited is not None and len(self._received) >= self._awaited:
            seconds, ok = perf_counter() - self._due, self._received.startswith(_OK)
            self._received.clear()
            self._awaited = self._due = None
            self._crew.answered(self, seconds, ok=ok)

    def connection_lost(self, exc: Exception | None) -> None:
        self._crew.lost(self, unanswered=self._due is not None)


def _length(head: bytes) -> int:
    return next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))


class _Crew:
    """All connections, opened when there is work for them, and the requests that found none free."""

    def __init__(self, url: str) -> None:
        self.seconds: list[float] = []
        self.failed = 0
        self._host, self._port = url.removeprefix("http://").split(":")
        self._free: list[_Connection] = []
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._opening: set[asyncio.Task[None]] = set()
        self._open = 0

    def send(self, due: float, request: bytes) -> None:
        if self._free:
            self._free.pop().send(due, request)
            return
        self._waiting.append((due, request))
        if self._open < _CONNECTIONS:
            self._open += 1
            task = asyncio.get_running_loop().create_task(self._connect())
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    def answered(self, connection: _Connection, seconds: float, *, ok: bool) -> None:
        if ok:
            self.seconds.append(seconds)
        else:
            self.failed += 1
        self._free_again(connection)

    def lost(self, connection: _Connection, *, unanswered: bool) -> None:
        self._open -= 1
        self.failed += unanswered
        if connection in self._free:
            self._free.remove(connection)

    def close(self) -> None:
        for connection in self._free:
            connection.close()

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: _Connection(self), self._host, int(self._port))
        self._free_again(connection)

    def _free_again(self, connection: _Connection) -> None:
        if self._waiting:
            connection.send(*self._waiting.popleft())
        else:
            self._free.append(connection)


async def send_all(order: Order) -> Latencies:
    """Send everything when it is due, and wait for all answers."""
    # Read before the clock runs: the first requests would wait for it.
    crew, requests = _Crew(order.url), _requests(order.calls, read_bodies(Path(order.calls.bodies)))
    began = perf_counter()
    late: list[float] = []
    for after in _moments(order.schedule):
        request, due = next(requests), began + after
        while (left := due - perf_counter()) > 0:  # noqa: ASYNC110 (waits for the clock)
            await asyncio.sleep(left - _SPIN_SECONDS if left > _SPIN_SECONDS else 0)
        late.append(perf_counter() - due)
        crew.send(due, request)
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while len(crew.seconds) + crew.failed < len(late):  # noqa: ASYNC110 (the answers have no event)
            await asyncio.sleep(0.01)
    crew.close()
    if crew.failed:
        raise RuntimeError(f"{crew.failed} of {len(late)} calls failed")
    return _summary(crew.seconds, late)


def _moments(schedule: Schedule) -> Iterator[float]:
    dice, after = Random(1), 0.0  # noqa: S311 (arrivals, no secrets)
    while after < schedule.seconds:
        yield after
        after += 1 / schedule.rate if schedule.arrivals == "even" else dice.expovariate(schedule.rate)


def _requests(calls: Calls, bodies: Sequence[bytes]) -> Iterator[bytes]:
    tokens = iter(Path(calls.tokens).read_text().split()) if calls.tokens else None
    head = f"POST {calls.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    for body in cycle(bodies):
        bearer = f"Authorization: Bearer {next(tokens)}\r\n" if tokens else ""
        yield f"{head}{bearer}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _summary(seconds: list[float], late: list[float]) -> Latencies:
    cuts = quantiles(seconds, n=100, method="inclusive")
    return Latencies(
        len(seconds), cuts[49], cuts[89], cuts[98], max(seconds), quantiles(late, n=100, method="inclusive")[98]
    )


if __name__ == "__main__":
    gc.disable()  # a full collection would stop the generator, and be told of the server
    told = uvloop.run(send_all(msgspec.json.decode(sys.stdin.buffer.read(), type=Order)))
    sys.stdout.buffer.write(msgspec.json.encode(told))
