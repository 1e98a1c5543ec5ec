"""The generator of latencies tells the truth about a server that stalls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.benchmarks.bodies_file import read_bodies, write_bodies
from tests.benchmarks.calls import calls
from tests.benchmarks.open_loop import Order, Schedule, send_all

_BODIES = [b"first", b"second"]


@asynccontextmanager
async def answering(answer: Callable[[bytes], bytes]) -> AsyncIterator[str]:
    """The URL of a server in this event loop that answers each request, head and body, with these bytes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:"))
                writer.write(answer(head + await reader.readexactly(length)))
        except asyncio.IncompleteReadError:
            pass  # the generator is done
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def _ok(_request: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


@pytest.fixture
def bodies(tmp_path: Path) -> Path:
    return write_bodies(tmp_path / "bodies", _BODIES)


async def test_bodies_and_tokens_are_sent_in_turn(bodies: Path, tmp_path: Path) -> None:
    assert read_bodies(bodies) == _BODIES
    tokens = tmp_path / "tokens"
    tokens.write_text("one\ntwo\nthree\n")
    seen: list[bytes] = []

    def answer(request: bytes) -> bytes:
        seen.append(request)
        return _ok(request)

    async with answering(answer) as url:
        told = await send_all(Order(url, calls("/path", bodies, tokens), Schedule(100, 0.03)))
    assert told.requests == len(seen) == 3
    assert [request.rpartition(b"\r\n\r\n")[2] for request in seen] == [b"first", b"second", b"first"]
    assert [b"Bearer " + token in request for token, request in zip((b"one", b"two", b"three"), seen, strict=True)] == [
        True
    ] * 3


async def test_whoever_waits_behind_a_stall_is_counted_with_all_of_the_wait(bodies: Path) -> None:
    """A generator that sent the next request only after the stall would report one slow call of many."""
    stalls = iter([0.3])

    def answer(request: bytes) -> bytes:
        time.sleep(next(stalls, 0))  # the whole loop stands still, as that of a busy server does
        return _ok(request)

    async with answering(answer) as url:
        told = await send_all(Order(url, calls("/path", bodies), Schedule(100, 0.4)))
    assert told.requests == 40
    assert told.most >= 0.3
    assert told.p50 >= 0.05


async def test_an_answer_that_is_not_200_fails_the_run(bodies: Path) -> None:
    async with answering(lambda _request: b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n") as url:
        with pytest.raises(RuntimeError, match="3 of 3 calls failed"):
            await send_all(Order(url, calls("/path", bodies), Schedule(100, 0.03)))
