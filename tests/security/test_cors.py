"""Pages of other origins: what a browser may ask, may send and may read, against a real server."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from app.errors import Forbidden
from app.security.cors import SANDBOX, require_origin
from app.security.limits import Limits
from tests.support.edge import CLIENT, Edge, serving

_FOREIGN = "https://evil.example"
_LOOPBACK = ("http://localhost:3000", "http://127.0.0.1:8080", "https://localhost", "http://[::1]:5173")
_ALMOST = (
    "http://localhost.evil.example",
    "http://127.0.0.1.evil.example:80",
    "http://localhost:3000.evil.example",
    "https://sandbox.cds-hooks.org.evil.example",
    "http://sandbox.cds-hooks.org",
    "https://sandbox.cds-hooks.org:8443",
    "null",
    "file://",
)


async def _preflight(edge: Edge, origin: str, **headers: str) -> httpx.Response:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    async with serving(edge) as port, httpx.AsyncClient(trust_env=False) as client:
        return await client.options(f"http://127.0.0.1:{port}/call", headers=asked | headers)


def _is_open_to(answer: httpx.Response, origin: str) -> bool:
    return bool(answer.headers.get("access-control-allow-origin") == origin)


async def test_a_preflight_of_a_clients_page_is_answered_without_a_token() -> None:
    answer = await _preflight(Edge(), CLIENT)
    assert answer.status_code == 200
    assert _is_open_to(answer, CLIENT)
    assert answer.headers["access-control-allow-methods"] == "GET, POST"
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "x-correlation-id"))
    assert int(answer.headers["access-control-max-age"]) > 0
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize("edge", [Edge(), Edge(development=True)])
async def test_no_answer_allows_credentials_or_every_origin(edge: Edge) -> None:
    for origin in (CLIENT, _FOREIGN):
        answer = await _preflight(edge, origin)
        assert "access-control-allow-credentials" not in answer.headers
        assert "*" not in answer.headers.get("access-control-allow-origin", "")


@pytest.mark.parametrize("origin", [_FOREIGN, SANDBOX, *_LOOPBACK, *_ALMOST])
async def test_in_production_only_clients_pages_may_call(origin: str) -> None:
    answer = await _preflight(Edge(), origin)
    assert answer.status_code == 403
    assert answer.json()["issue"][0]["code"] == "forbidden"
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("origin", [CLIENT, SANDBOX, *_LOOPBACK])
async def test_in_development_the_public_sandbox_and_this_machine_may_call_too(origin: str) -> None:
    answer = await _preflight(Edge(development=True), origin)
    assert answer.status_code == 200
    assert _is_open_to(answer, origin)


@pytest.mark.parametrize("origin", [_FOREIGN, *_ALMOST])
async def test_in_development_nobody_else_may_call(origin: str) -> None:
    answer = await _preflight(Edge(development=True), origin)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


async def test_a_private_network_preflight_is_answered_in_development_only() -> None:
    asks = {"Access-Control-Request-Private-Network": "true"}
    answer = await _preflight(Edge(development=True), SANDBOX, **asks)
    assert answer.headers["access-control-allow-private-network"] == "true"
    answer = await _preflight(Edge(), CLIENT, **asks)
    assert answer.status_code == 403
    assert "access-control-allow-private-network" not in answer.headers


@pytest.mark.parametrize("name", ["Access-Control-Request-Method", "Access-Control-Request-Headers"])
async def test_other_methods_and_headers_are_not_allowed(name: str) -> None:
    answer = await _preflight(Edge(), CLIENT, **{name: "DELETE"})
    assert answer.status_code == 403


async def test_errors_of_every_kind_can_be_read_by_a_clients_page() -> None:
    limits = Limits(body_bytes=1_000, header_bytes=2_000, body_seconds=0.2, held_bytes=1_500)
    origin = {"Origin": CLIENT}

    async with serving(Edge(limits)) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        answers = [
            await client.post("/call", content=b"[" * 100, headers=origin),
            await client.get("/nothing", headers=origin),
            await client.get("/call", headers=origin),
            await client.post("/call", content=b" " * 1_001, headers=origin),
            await client.post("/call", content=b"{}", headers=origin | {"Content-Encoding": "gzip"}),
            await client.post("/call", content=b"{}", headers=origin | {"X-Much": "a" * 2_000}),
            await client.get("/bug", headers=origin),
        ]
    async with serving(Edge(calls=0)) as port, httpx.AsyncClient() as client:
        answers.append(await client.post(f"http://127.0.0.1:{port}/call", headers=origin))
    assert [answer.status_code for answer in answers] == [400, 404, 405, 413, 415, 431, 500, 503]
    for answer in answers:
        assert answer.json()["resourceType"] == "OperationOutcome"
        assert _is_open_to(answer, CLIENT)
        assert "Origin" in answer.headers["vary"]
        assert "Retry-After" in answer.headers["access-control-expose-headers"]


async def test_the_refusal_of_a_slow_body_can_be_read_too() -> None:
    head = f"POST /call HTTP/1.1\r\nHost: a\r\nOrigin: {CLIENT}\r\nContent-Length: 9\r\n\r\n"
    async with serving(Edge(Limits(body_seconds=0.1))) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.encode())
        answer = (await reader.read()).decode()
        writer.close()
    assert answer.startswith("HTTP/1.1 408 ")
    assert f"access-control-allow-origin: {CLIENT}" in answer


async def test_the_refusal_of_a_foreign_host_can_be_read_in_development() -> None:
    async with serving(Edge(development=True)) as port, httpx.AsyncClient() as client:
        answer = await client.get(
            f"http://127.0.0.1:{port}/livez", headers={"Origin": SANDBOX, "Host": "legwork.example"}
        )
    assert answer.status_code == 403
    assert _is_open_to(answer, SANDBOX)


def test_a_call_is_held_to_the_origins_of_its_own_client() -> None:
    require_origin({CLIENT}, CLIENT)
    require_origin({CLIENT}, None)
    for origin in (_FOREIGN, SANDBOX, "null", "", CLIENT + "/", CLIENT.upper()):
        with pytest.raises(Forbidden):
            require_origin({CLIENT}, origin)


def test_in_development_a_call_may_come_from_the_sandbox_and_this_machine() -> None:
    for origin in (SANDBOX, *_LOOPBACK):
        require_origin((), origin, development=True)
        with pytest.raises(Forbidden):
            require_origin((), origin)
    for origin in (_FOREIGN, *_ALMOST):
        with pytest.raises(Forbidden):
            require_origin((), origin, development=True)
