"""What becomes of connections between requests."""

from __future__ import annotations

import asyncio

import httpcore
import httpx
import pytest

from app.outbound.client import build_client
from app.outbound.policy import Policy
from app.outbound.pool import ReservedConnection
from tests.support.listener import OK, listening
from tests.support.outbound import get

_LOCAL = Policy(loopback=True)
_URL = "http://ehr.example.org/"
_ORIGIN = httpcore.URL(_URL).origin


@pytest.fixture
async def connection() -> ReservedConnection:
    """Idle: one request was answered by it."""
    backend = httpcore.AsyncMockBackend([OK, OK])
    made = ReservedConnection(lambda: False, _ORIGIN, httpcore.default_ssl_context(), backend)
    await made.request("GET", _URL)
    return made


def _request() -> httpcore.Request:
    return httpcore.Request("GET", _URL, headers={"Host": "ehr.example.org"})


async def test_a_connection_is_not_offered_again_once_a_request_has_it(connection: ReservedConnection) -> None:
    assert connection.is_available()
    first = asyncio.create_task(connection.handle_async_request(_request()))
    await asyncio.sleep(0)
    assert not connection.is_available()
    with pytest.raises(httpcore.ConnectionNotAvailable):
        await connection.handle_async_request(_request())
    assert (await first).status == 200


async def test_a_connection_is_offered_again_after_its_answer(connection: ReservedConnection) -> None:
    response = await connection.handle_async_request(_request())
    assert not connection.is_available()
    await response.aread()
    await response.aclose()
    assert connection.is_available()


async def test_connections_are_used_again_and_each_by_one_request_at_a_time() -> None:
    async with listening() as server, build_client(_LOCAL) as client:
        for _ in range(3):
            answers = await asyncio.gather(*(get(client, f"http://127.0.0.1:{server.port}/") for _ in range(10)))
            assert [answer.status_code for answer in answers] == [200] * 10
        assert server.connections == 10


async def test_a_connection_that_the_server_has_closed_is_not_used() -> None:
    async with build_client(_LOCAL) as client:
        async with listening() as server:
            url = f"http://127.0.0.1:{server.port}/"
            await asyncio.gather(*(get(client, url) for _ in range(5)))
        await asyncio.sleep(0.05)
        with pytest.raises(httpx.ConnectError):
            await get(client, url)


async def test_an_idle_connection_makes_room_for_another_server() -> None:
    async with listening() as one, listening() as other, build_client(_LOCAL, connections=2) as client:
        for server in (one, other, one, other):
            url = f"http://127.0.0.1:{server.port}/"
            answers = await asyncio.gather(*(get(client, url, seconds=5) for _ in range(2)))
            assert [answer.status_code for answer in answers] == [200, 200]
        assert (one.connections, other.connections) == (4, 4)
