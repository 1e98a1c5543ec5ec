"""Keys are fetched from a real key server, kept, and fetched again when they should be."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest

from app.clients.client import DEVELOPMENT, Client
from app.clients.keys import read_keys
from app.errors import Unavailable
from app.outbound.client import build_client
from app.outbound.policy import Policy
from app.security import key_server as limits
from app.security.keys import Freshness, KeyCache
from tests.support.key_server import KeyServer, key_server
from tests.support.tokens import ISSUER, signer

FIRST, SECOND = signer(kid="first"), signer(kid="second")
FRESHNESS = Freshness(refresh_after=600, pause=10, serve_at_most=86_400)


@dataclass
class Clock:
    """Seconds that pass when a test says so."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server() -> Iterator[KeyServer]:
    with key_server() as running:
        running.serve(FIRST.public())
        yield running


@pytest.fixture
async def keys(clock: Clock) -> AsyncIterator[KeyCache]:
    async with build_client(Policy(loopback=True)) as http:
        cache = KeyCache(http, FRESHNESS, clock)
        yield cache
        await cache.close()


@pytest.fixture
def client(server: KeyServer) -> Client:
    return Client(iss=ISSUER, jku=server.url)


async def has(keys: KeyCache, client: Client, kid: str) -> bool:
    return await keys.find(client, kid, "ES384") is not None


async def under_way() -> None:
    """Let fetches in the background end."""
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not asyncio.current_task()))


async def test_keys_are_fetched_once_and_kept(keys: KeyCache, client: Client, server: KeyServer) -> None:
    for _ in range(3):
        assert await has(keys, client, "first")
    assert server.requests == ["/jwks.json"]


async def test_a_key_is_prepared_once_and_not_for_each_call(keys: KeyCache, client: Client) -> None:
    assert await keys.find(client, "first", "ES384") is await keys.find(client, "first", "ES384")


async def test_calls_that_come_together_share_one_fetch(keys: KeyCache, client: Client, server: KeyServer) -> None:
    server.seconds = 0.1
    assert all(await asyncio.gather(*(has(keys, client, "first") for _ in range(20))))
    assert len(server.requests) == 1


async def test_a_caller_that_goes_away_does_not_end_the_fetch_of_the_others(
    keys: KeyCache, client: Client, server: KeyServer
) -> None:
    server.seconds = 0.1
    gone = asyncio.create_task(has(keys, client, "first"))
    stays = asyncio.create_task(has(keys, client, "first"))
    await asyncio.sleep(0.01)
    gone.cancel()
    assert await stays
    assert len(server.requests) == 1


async def test_an_unknown_kid_fetches_the_keys_again(
    keys: KeyCache, client: Client, server: KeyServer, clock: Clock
) -> None:
    assert await has(keys, client, "first")
    server.serve(SECOND.public())
    clock.now += FRESHNESS.pause
    assert await has(keys, client, "second")
    assert not await has(keys, client, "first")


async def test_unknown_kids_do_not_fetch_more_often_than_the_pause(
    keys: KeyCache, client: Client, server: KeyServer, clock: Clock
) -> None:
    for number in range(50):
        assert not await has(keys, client, f"guess-{number}")
    assert len(server.requests) == 1
    clock.now += FRESHNESS.pause
    assert not await has(keys, client, "guess")
    assert not await has(keys, client, "guess")
    assert len(server.requests) == 2


async def test_old_keys_are_fetched_again_while_they_still_serve(
    keys: KeyCache, client: Client, server: KeyServer, clock: Clock
) -> None:
    assert await has(keys, client, "first")
    server.serve(SECOND.public())
    clock.now += FRESHNESS.refresh_after + 1
    assert await has(keys, client, "first"), "this call need not wait"
    await under_way()
    assert not await has(keys, client, "first"), "the key was withdrawn"


@pytest.mark.parametrize("harm", ["status", "html", "empty", "gone"])
async def test_the_last_good_keys_serve_while_the_key_server_fails(
    keys: KeyCache, client: Client, server: KeyServer, clock: Clock, harm: str
) -> None:
    assert await has(keys, client, "first")
    spoil(server, harm)
    for _ in range(5):
        clock.now += FRESHNESS.refresh_after + 1
        assert await has(keys, client, "first")
        await under_way()
    assert len(server.requests) == 6


def spoil(server: KeyServer, harm: str) -> None:
    if harm == "status":
        server.status = 503
    elif harm == "html":
        server.body = b"<html>Please log in</html>"
    elif harm == "empty":
        server.serve()
    else:
        server.headers = {"Content-Length": "9999999"}


async def test_a_key_is_not_good_forever_when_the_key_server_stays_away(
    keys: KeyCache, client: Client, server: KeyServer, clock: Clock
) -> None:
    assert await has(keys, client, "first")
    server.status = 503
    clock.now += FRESHNESS.serve_at_most + 1
    with pytest.raises(Unavailable):
        await has(keys, client, "first")
    server.serve(FIRST.public())
    clock.now += FRESHNESS.pause
    assert await has(keys, client, "first")


async def test_a_key_server_that_was_never_reached_is_503_and_not_asked_again_at_once(
    keys: KeyCache, client: Client, server: KeyServer, clock: Clock
) -> None:
    server.status = 500
    for _ in range(5):
        with pytest.raises(Unavailable) as caught:
            await has(keys, client, "first")
        assert (caught.value.status, caught.value.headers) == (503, {"Retry-After": "10"})
    assert len(server.requests) == 1
    server.serve(FIRST.public())
    clock.now += FRESHNESS.pause
    assert await has(keys, client, "first")


async def test_nobody_listening_is_503(keys: KeyCache) -> None:
    with key_server() as gone:
        url = gone.url
    with pytest.raises(Unavailable):
        await has(keys, Client(iss=ISSUER, jku=url), "first")


async def test_a_key_server_that_never_answers_ends_in_time(
    keys: KeyCache, client: Client, server: KeyServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(limits, "SECONDS", 0.05)
    server.seconds = 0.5
    with pytest.raises(Unavailable):
        await has(keys, client, "first")
    assert "no answer within 0.05 s" in caplog.text


async def test_an_endless_answer_is_cut_off(
    keys: KeyCache, client: Client, server: KeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.body += b" " * limits.MOST_BYTES
    with pytest.raises(Unavailable):
        await has(keys, client, "first")
    assert f"more than {limits.MOST_BYTES} bytes" in caplog.text


async def test_a_compressed_answer_is_refused(
    keys: KeyCache, client: Client, server: KeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    """It was asked for uncompressed; a small one could become a huge one."""
    server.body, server.headers = gzip.compress(server.body), {"Content-Encoding": "gzip"}
    with pytest.raises(Unavailable):
        await has(keys, client, "first")
    assert "not compressed" in caplog.text


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 308, 404])
async def test_any_other_status_than_200_is_a_failure(
    keys: KeyCache, client: Client, server: KeyServer, status: int
) -> None:
    server.status, server.headers = status, {"Location": "/elsewhere"}
    if status == 204:
        server.body = b""
    with pytest.raises(Unavailable):
        await has(keys, client, "first")
    assert server.requests == ["/jwks.json"]


async def test_a_private_key_on_a_key_server_is_left_out_and_told_of_without_the_key(
    keys: KeyCache, client: Client, server: KeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    private = SECOND.private_jwk()
    server.serve(private, FIRST.public())
    with caplog.at_level(logging.WARNING):
        assert await has(keys, client, "first")
        assert not await has(keys, client, "second")
    assert "key 1: it is a private or symmetric key" in caplog.text
    assert private["d"] not in caplog.text


async def test_keys_that_are_registered_themselves_are_not_fetched(keys: KeyCache, server: KeyServer) -> None:
    own = Client(iss=ISSUER, jwks=read_keys(FIRST.jwks(), ["ES384"]))
    assert await has(keys, own, "first")
    assert not await has(keys, own, "second")
    assert server.requests == []


async def test_a_client_without_keys_has_none(keys: KeyCache) -> None:
    assert not await has(keys, DEVELOPMENT, "first")


async def test_two_clients_of_one_key_server_get_keys_for_their_own_algorithms(
    keys: KeyCache, client: Client, server: KeyServer
) -> None:
    other = Client(iss="https://other.example.org", jku=server.url, algorithms=("ES256",))
    server.serve(FIRST.public(), signer("ES256", "small").public())
    assert await keys.find(client, "small", "ES256") is None
    assert await keys.find(other, "small", "ES256") is not None


async def test_closing_ends_a_fetch_that_is_under_way(server: KeyServer) -> None:
    server.seconds = 0.3
    async with build_client(Policy(loopback=True)) as http:
        keys = KeyCache(http)
        waiting = asyncio.create_task(has(keys, Client(iss=ISSUER, jku=server.url), "first"))
        await asyncio.sleep(0.05)
        await keys.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_a_cache_that_moves_to_another_client_keeps_the_keys_and_their_age(
    keys: KeyCache, client: Client, server: KeyServer, clock: Clock
) -> None:
    assert await has(keys, client, "first")
    server.status = 503
    async with build_client(Policy(loopback=True)) as http:
        moved = keys.moved_to(http)
        assert await has(moved, client, "first")
        clock.now += FRESHNESS.serve_at_most + 1
        with pytest.raises(Unavailable):
            await has(moved, client, "first")
        server.serve(FIRST.public())
        clock.now += FRESHNESS.pause
        assert await has(moved, client, "first")
        await moved.close()


async def test_a_key_server_whose_name_cannot_be_called_leaves_the_client_without_keys(clock: Clock) -> None:
    async with build_client(Policy()) as http:
        with pytest.raises(Unavailable):
            await KeyCache(http, FRESHNESS, clock).find(
                Client(iss=ISSUER, jku="https://300.1.1.1/keys"), "first", "ES384"
            )
