"""Names that are slow or impossible to look up keep nobody from other servers."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.outbound.client import OutboundClient, build_client
from app.outbound.connect import Network
from app.outbound.lookups import Lookups
from app.outbound.policy import Policy
from tests.support.listener import listening
from tests.support.outbound import get

ROOT = Path(__file__).resolve().parents[3]
_LOCAL = Policy(loopback=True)


class Names:
    """A resolver for which every name is this machine; it answers when it is told to, or fails."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.answers = asyncio.Event()
        self.failure: OSError | None = None

    async def resolve(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        await self.answers.wait()
        if self.failure:
            raise self.failure
        return ["127.0.0.1"]

    def client(self) -> OutboundClient:
        return build_client(_LOCAL, network=Network(self.resolve))


async def test_a_name_is_looked_up_once_for_all_who_ask_meanwhile() -> None:
    names = Names()
    async with listening() as server, names.client() as client:
        url = f"http://ehr.example:{server.port}/"
        calls = [asyncio.create_task(get(client, url)) for _ in range(10)]
        await asyncio.sleep(0.05)
        names.answers.set()
        assert [answer.text for answer in await asyncio.gather(*calls)] == ["ok"] * 10
        assert names.asked == [("ehr.example", server.port)]
        assert server.connections == 10


async def test_an_answer_is_not_kept_for_the_next_who_asks() -> None:
    names = Names()
    names.answers.set()
    closing = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
    async with listening(closing) as server, names.client() as client:
        for _ in range(2):
            await get(client, f"http://ehr.example:{server.port}/")
    assert len(names.asked) == 2


async def test_a_failure_is_that_of_all_who_ask_meanwhile_and_of_nobody_later() -> None:
    names = Names()
    names.failure = OSError("no such name")
    async with listening() as server, names.client() as client:
        url = f"http://ehr.example:{server.port}/"
        calls = [asyncio.create_task(get(client, url)) for _ in range(3)]
        await asyncio.sleep(0.05)
        names.answers.set()
        failures = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(failure) for failure in failures] == [httpx.ConnectError] * 3
        names.failure = None
        assert (await get(client, url)).text == "ok"
    assert len(names.asked) == 2


async def test_a_look_up_outlives_who_asked_and_is_there_for_the_next() -> None:
    names = Names()
    async with listening() as server, names.client() as client:
        url = f"http://ehr.example:{server.port}/"
        for _ in range(2):
            with pytest.raises(httpx.ConnectTimeout):
                await get(client, url, seconds=0.05)
        names.answers.set()
        assert (await get(client, url)).text == "ok"
    assert len(names.asked) == 1


async def test_there_is_a_bound_to_the_names_that_are_looked_up_at_a_time() -> None:
    names = Names()
    lookups = Lookups(names.resolve)
    asking = [asyncio.create_task(lookups.resolve(f"{number}.example", 443)) for number in range(100)]
    await asyncio.sleep(0)
    with pytest.raises(OSError, match="too many names"):
        await lookups.resolve("one-more.example", 443)
    names.answers.set()
    assert await asyncio.gather(*asking, lookups.resolve("99.example", 443)) == [["127.0.0.1"]] * 101
    assert await lookups.resolve("one-more.example", 443) == ["127.0.0.1"]


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names asked of the system, whose name server says nothing of `*.silent`. (glibc is given another by root.)"""
    asked: list[str] = []
    over, really = threading.Event(), socket.getaddrinfo

    def getaddrinfo(host: str, *arguments: Any, **more: Any) -> Any:
        asked.append(host)
        if host.endswith(".silent"):
            over.wait(60)
            raise socket.gaierror("no such name")
        return really(host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield asked
    over.set()


async def test_servers_whose_names_are_not_found_keep_nobody_from_others(silent: list[str]) -> None:
    async with listening() as server, build_client(_LOCAL) as client:
        lost = [asyncio.create_task(get(client, f"http://{n % 20}.silent/", seconds=60)) for n in range(60)]
        await asyncio.sleep(0.1)
        assert (await get(client, f"http://localhost:{server.port}/")).text == "ok"
        assert sorted(silent) == sorted([*(f"{n}.silent" for n in range(20)), "localhost"])
        for call in lost:
            call.cancel()
        await asyncio.gather(*lost, return_exceptions=True)


_PROGRAM = """
import asyncio, socket, time
import httpx
from app.outbound.client import build_client
from app.outbound.policy import Policy
from tests.support.outbound import get

socket.getaddrinfo = lambda *_, **__: time.sleep(600)

async def call():
    async with build_client(Policy()) as client:
        try:
            await get(client, "https://ehr.example/", seconds=0.05)
        except httpx.ConnectTimeout:
            print("timeout")

asyncio.run(call())
print("over")
"""


def test_a_look_up_that_hangs_does_not_keep_the_process_from_its_end() -> None:
    began = time.monotonic()
    command = [sys.executable, "-c", _PROGRAM]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)  # noqa: S603 (our own words)
    assert (done.stdout.split(), done.stderr) == (["timeout", "over"], "")
    assert time.monotonic() - began < 30
