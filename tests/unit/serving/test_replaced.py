"""A reload of the clients leaves no connections behind, and takes none from a call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from app.fhir.access import Access
from app.fhir.query import Request
from app.hooks.state import State
from app.serving.serving import Serving
from app.store.switches import SharedState
from tests.support.hospital import registration
from tests.support.listener import Listener, listening
from tests.support.serving import development


async def never_used(_issuer: str, _jti: str, _expires: datetime) -> bool:
    return True


class Reloaded:
    """What a process serves, with a FHIR server to call."""

    def __init__(self, folder: Path, server: Listener, longest_use: float) -> None:
        self._file = folder / "clients.yaml"
        self._base = f"http://127.0.0.1:{server.port}/fhir"
        self._generation = 0
        self._register()
        settings = development(folder / "data", clients_file=self._file)
        self.serving = Serving(settings, never_used, lambda _state: None, longest_use=longest_use)

    async def call(self, state: State) -> bytes:
        """Ask the FHIR server, as a call does that began with this state."""
        session = state.fetcher.session(Access(self._base), asyncio.get_running_loop().time() + 5)
        return await session.public(Request(f"{self._base}/metadata"))

    async def reload(self) -> None:
        """With clients that are not those of before."""
        self._generation += 1
        self._register()
        await self.serving.apply(SharedState(self._generation, ()))

    def _register(self) -> None:
        client = registration(max_token_lifetime=300 + self._generation)
        self._file.write_text(yaml.safe_dump({"clients": [client]}), encoding="utf-8")


@pytest.fixture
async def server() -> AsyncIterator[Listener]:
    """The client's."""
    async with listening() as listener:
        yield listener


async def left(server: Listener, number: int) -> None:
    async with asyncio.timeout(10):
        while server.left < number:  # noqa: ASYNC110 (what is waited for sets no event)
            await asyncio.sleep(0.01)


async def test_what_is_replaced_is_closed_once_no_call_can_use_it(tmp_path: Path, server: Listener) -> None:
    reloaded = Reloaded(tmp_path, server, longest_use=0.3)
    for times in range(1, 4):
        assert await reloaded.call(reloaded.serving.state) == b"ok"
        await reloaded.reload()
        await left(server, times)
    assert (server.connections, server.left) == (3, 3)
    await reloaded.serving.close()


async def test_a_call_that_began_before_a_reload_is_not_cut_off(tmp_path: Path, server: Listener) -> None:
    reloaded = Reloaded(tmp_path, server, longest_use=60)
    before = reloaded.serving.state
    for _ in range(2):
        assert await reloaded.call(before) == b"ok"
        await reloaded.reload()
        assert reloaded.serving.state is not before
    assert (server.connections, server.left) == (1, 0)
    await reloaded.serving.close()
    await left(server, 1)
