"""Attacks with requests that are too large, too slow, too many or not what they say, against a real server."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import httpx
import pytest

from app.observability.log_line import format_record
from app.security.limits import Limits
from tests.support.crowd import crowd
from tests.support.edge import Edge, serving

_JSON = {"Content-Type": "application/json"}
_SMALL = Limits(body_bytes=1_000, body_seconds=0.3)


async def _post(port: int, content: Any, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.post(f"http://127.0.0.1:{port}/call", content=content, headers=_JSON | headers)


async def _raw(port: int, *pieces: bytes, pause: float = 0.0, patience: float = 5.0) -> bytes:
    """All that the server says to bytes sent piece by piece, until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sending = asyncio.create_task(_trickle(writer, pieces, pause))
    said = bytearray()
    try:
        async with asyncio.timeout(patience):
            while chunk := await reader.read(65_536):
                said += chunk
    except ConnectionError:
        pass
    finally:
        sending.cancel()
        writer.close()
    return bytes(said)


async def _trickle(writer: asyncio.StreamWriter, pieces: Iterable[bytes], pause: float) -> None:
    with suppress(ConnectionError):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)


def _refused(response: httpx.Response, status: int, code: str) -> str:
    assert response.status_code == status
    outcome = response.json()
    assert outcome["resourceType"] == "OperationOutcome"
    assert outcome["issue"][0]["code"] == code
    return str(outcome["issue"][0]["diagnostics"])


async def test_a_body_of_more_than_ten_megabytes_is_refused() -> None:
    async with serving() as port:
        assert (await _post(port, b" " * 10_000_000)).status_code == 200
        _refused(await _post(port, b" " * 10_000_001), 413, "too-long")


async def test_a_huge_content_length_is_refused_before_any_of_the_body_is_sent() -> None:
    head = b"POST /call HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 99999999999\r\n\r\n"
    async with serving() as port:
        assert (await _raw(port, head)).startswith(b"HTTP/1.1 413 ")


async def test_a_body_without_a_length_is_refused_where_it_grows_too_large() -> None:
    head = b"POST /call HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with serving(Edge(_SMALL, header_seconds=0.3)) as port:
        answer = await _raw(port, head, *[b"190\r\n" + b" " * 400 + b"\r\n"] * 50, pause=0.02)
    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "identity, gzip", "x-unknown"])
async def test_a_zip_bomb_is_refused_unopened(encoding: str) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    async with serving() as port:
        answer = await _post(port, bomb, **{"Content-Encoding": encoding})
    _refused(answer, 415, "not-supported")
    assert answer.headers["accept-encoding"] == "identity"


async def test_a_transfer_encoding_that_compresses_is_refused() -> None:
    head = b"POST /call HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
    async with serving() as port:
        assert (await _raw(port, head)).split(b" ")[1] in (b"400", b"415")


@pytest.mark.parametrize(
    "head",
    [
        b"POST /call HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /call HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /call HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
        b"POST /call HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\nhello",
        b"POST /call HTTP/1.1\r\nHost : a\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
async def test_a_request_with_two_readings_is_refused(head: bytes) -> None:
    async with serving() as port:
        answer = await _raw(port, head)
    assert answer.startswith(b"HTTP/1.1 4")
    assert b'"resourceType":"OperationOutcome"' in answer


async def test_headers_that_come_too_slowly_end_the_connection() -> None:
    async with serving(Edge(header_seconds=0.3)) as port:
        assert await _raw(port, b"GET /livez HTTP/1.1\r\n", *[b"X-A: b\r\n"] * 20, pause=0.05) == b""
        line = [bytes([letter]) for letter in b"POST /call HTTP/1.1\r\nHost: a\r\n"]
        assert await _raw(port, *line, pause=0.05) == b""


async def test_a_client_that_says_nothing_is_not_waited_for() -> None:
    async with serving(Edge(header_seconds=0.2)) as port:
        assert await _raw(port) == b""


async def test_slow_headers_of_a_second_request_end_the_connection_too() -> None:
    first = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"
    async with serving(Edge(header_seconds=0.3)) as port:
        answer = await _raw(port, first, *[b"G"[i:] or b"X" for i in range(20)], pause=0.05)
    assert answer.count(b"HTTP/1.1 200") == 1


async def test_empty_lines_do_not_keep_a_connection_open() -> None:
    first = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"
    async with serving(Edge(header_seconds=0.3, keep_alive=1)) as port:
        answer = await _raw(port, first, *[b"\r\n"] * 30, pause=0.05)
    assert answer.count(b"HTTP/1.1 200") == 1


async def test_a_body_that_nobody_reads_does_not_keep_a_connection_open() -> None:
    head = b"POST /call HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n"
    async with serving(Edge(_SMALL, header_seconds=0.3)) as port:
        answer = await _raw(port, head, *[b"x"] * 40, pause=0.05)
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_a_connection_that_works_is_kept() -> None:
    first = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"
    last = b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    async with serving(Edge(header_seconds=0.3)) as port:
        answer = await _raw(port, *[first] * 5, last, pause=0.1)
    assert answer.count(b"HTTP/1.1 200") == 6


async def test_a_call_may_take_longer_than_its_headers() -> None:
    async with serving(Edge(header_seconds=0.2, work=0.6)) as port:
        assert (await _post(port, b"{}")).status_code == 200


async def test_a_body_that_comes_too_slowly_is_refused_and_ends_the_connection() -> None:
    head = b"POST /call HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n"
    async with serving(Edge(_SMALL)) as port:
        answer = await _raw(port, head, *[b" "] * 10, pause=0.05)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()
    assert b"OperationOutcome" in answer


async def test_slow_bodies_take_no_place_from_others() -> None:
    head = b"POST /call HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n"
    async with serving(Edge(Limits(body_seconds=1.0), calls=2)) as port:
        slow = [asyncio.create_task(_raw(port, head)) for _ in range(20)]
        await asyncio.sleep(0.2)
        assert (await _post(port, b"{}")).status_code == 200
        answers = await asyncio.gather(*slow)
    assert all(answer.startswith(b"HTTP/1.1 408 ") for answer in answers)


async def test_bodies_that_are_too_much_together_are_refused() -> None:
    head = b"POST /call HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n" + b" " * 800
    limits = Limits(body_bytes=1_000, body_seconds=1.0, held_bytes=2_000)
    async with serving(Edge(limits)) as port:
        slow = [asyncio.create_task(_raw(port, head)) for _ in range(2)]
        await asyncio.sleep(0.2)
        answer = await _post(port, b" " * 900)
        _refused(answer, 503, "transient")
        assert answer.headers["retry-after"] == "1"
        await asyncio.gather(*slow)
        assert (await _post(port, b" " * 900)).status_code == 200


async def test_headers_without_end_are_cut_off() -> None:
    async with serving() as port:
        assert await _raw(port, b"GET /livez HTTP/1.1\r\nHost: a\r\n", *[b"X-A: " + b"a" * 8_000] * 20) == b""


async def test_headers_behind_a_call_are_cut_off_too() -> None:
    call = b"POST /call HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
    async with serving(Edge(work=0.3)) as port:
        answer = await _raw(port, call, b"GET /livez HTTP/1.1\r\n", *[b"X-A: " + b"a" * 8_000] * 20)
    assert b"200" not in answer


async def test_headers_that_are_too_large_are_refused() -> None:
    async with serving() as port:
        _refused(await _post(port, b"{}", **{"X-Much": "a" * 33_000}), 431, "too-long")


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"a":[', b'[{"a":'])
async def test_deep_json_is_refused(opening: bytes) -> None:
    closing = opening.translate(bytes.maketrans(b"[{", b"]}"), b'"a:')[::-1]
    depth = len(closing)
    async with serving() as port:
        for count in (64 // depth + 1, 10_000, 1_000_000):
            _refused(await _post(port, opening * count + b"0" + closing * count), 400, "invalid")
        assert (await _post(port, opening * (64 // depth) + b"0" + closing * (64 // depth))).status_code == 200


async def test_depth_that_hides_behind_brackets_in_strings_is_seen() -> None:
    hidden = b'{"}":' * 65 + b'"' + b"{" * 65 + b'"' + b"}" * 65
    assert json.loads(hidden)
    async with serving() as port:
        _refused(await _post(port, hidden), 400, "invalid")


async def test_too_many_entries_are_refused() -> None:
    named = b'{"prefetch":{"labs":{"resourceType":"Bundle","entry":[%b]}}}'
    resource = b'{"resource":{"resourceType":"Observation"}}'
    async with serving() as port:
        _refused(await _post(port, named % b",".join([resource] * 50_001)), 413, "too-long")
        _refused(await _post(port, named % b",".join([b"{}"] * 50_001)), 413, "too-long")
        assert (await _post(port, named % b",".join([resource] * 49_999))).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":"\xff"}',
        b'{"a":"\xc0\xaf"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\xf4\x90\x80\x80"}',
        '{"a":"ü"}'.encode("latin-1"),
        '{"a":"ü"}'.encode("utf-16"),
        '{"a":"u"}'.encode("utf-16-le"),
        b'{"a":"\xc3',
    ],
)
async def test_what_is_not_utf_8_is_refused_and_not_repeated(body: bytes) -> None:
    async with serving() as port:
        assert "UTF-8" in _refused(await _post(port, body), 400, "invalid")


async def test_a_nul_byte_is_refused() -> None:
    async with serving() as port:
        _refused(await _post(port, b'{"a":"x\x00y"}'), 400, "invalid")


async def test_more_calls_than_are_allowed_at_once_are_refused_at_once() -> None:
    edge = Edge(calls=5, work=0.5)
    async with serving(edge) as port:
        answers = await asyncio.gather(*(_post(port, b"{}") for _ in range(40)))
        refused = [answer for answer in answers if answer.status_code == 503]
        assert len(answers) - len(refused) == 5
        for answer in refused:
            _refused(answer, 503, "transient")
            assert answer.headers["retry-after"] == "1"
        assert (await _post(port, b"{}")).status_code == 200


async def test_calls_that_never_wait_are_counted_together_when_they_came_together() -> None:
    """Each would be answered in one go; what tells that they are too many is only that they are all here."""
    request = b"POST /call HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
    async with serving(Edge(calls=5)) as port:
        connections = [await asyncio.open_connection("127.0.0.1", port) for _ in range(50)]
        for _, writer in connections:
            writer.write(request)
        answers = [await reader.read() for reader, _ in connections]
        for _, writer in connections:
            writer.close()
    codes = [answer.split(b" ")[1] for answer in answers]
    assert set(codes) == {b"200", b"503"}


async def test_probes_are_answered_while_all_places_are_taken() -> None:
    async with serving(Edge(calls=1, work=0.5)) as port:
        busy = asyncio.create_task(_post(port, b"{}"))
        await asyncio.sleep(0.1)
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"http://127.0.0.1:{port}/livez")).status_code == 200
        assert (await busy).status_code == 200


async def test_a_client_that_leaves_gives_its_place_back() -> None:
    request = b"POST /call HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
    async with serving(Edge(calls=1, work=0.2)) as port:
        for _ in range(3):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            await writer.drain()
            writer.close()
            await asyncio.sleep(0.3)
        assert (await _post(port, b"{}")).status_code == 200


async def test_a_crowd_is_answered_to_the_last_call() -> None:
    async with serving(Edge(calls=50, work=0.01)) as port:
        seen = await crowd(port, 400, "/call", b'{"hook":"patient-view"}')
    assert sum(seen.values()) == 400
    assert set(seen) <= {"200", "503"}
    assert seen["200"] >= 50


@pytest.mark.parametrize(
    "value",
    [b"abcdefgh\r\n X-Injected: 1", b"abcdefgh\nX-Injected: 1", b"abcdefgh\rX-Injected: 1", b"abcdefgh%0d%0aX-I: 1"],
)
async def test_a_correlation_id_with_a_line_break_injects_no_header(value: bytes) -> None:
    head = b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Correlation-Id: " + value + b"\r\n\r\n"
    async with serving() as port:
        answer = await _raw(port, head)
    assert answer.startswith(b"HTTP/1.1 ")
    assert b"X-I" not in answer


async def test_a_bug_says_nothing_of_the_chart(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with serving() as port, httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"http://127.0.0.1:{port}/bug")
    _refused(answer, 500, "exception")
    assert "chart" not in answer.text
    lines = [format_record(record) for record in caplog.records]
    assert any(b"a call failed: " in line for line in lines)
    assert not [line for line in lines if b"chart said" in line]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", "localhost@evil.example", ""])
async def test_development_is_closed_to_a_host_that_is_not_this_machine(host: str) -> None:
    async with serving(Edge(development=True)) as port:
        answer = await _post(port, b"{}", Host=host)
    _refused(answer, 403, "forbidden")


async def test_development_is_closed_to_a_proxy_that_changes_the_host() -> None:
    async with serving(Edge(development=True)) as port:
        answer = await _post(port, b"{}", **{"X-Forwarded-Host": "legwork.example"})
    _refused(answer, 403, "forbidden")


async def test_development_is_open_to_this_machine() -> None:
    async with serving(Edge(development=True)) as port:
        for host in (f"localhost:{port}", "127.0.0.1", f"[::1]:{port}", "LOCALHOST", "127.8.8.8:1"):
            assert (await _post(port, b"{}", Host=host)).status_code == 200


async def test_every_answer_carries_security_headers() -> None:
    async with serving() as port, httpx.AsyncClient(trust_env=False, base_url=f"http://127.0.0.1:{port}") as client:
        answers = [
            await client.get("/livez"),
            await client.get("/bug"),
            await client.get("/nothing"),
            await client.get("/call"),
            await client.post("/call", content=b"[" * 100),
            await client.options(
                "/call", headers={"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
            ),
        ]
    assert [answer.status_code for answer in answers] == [200, 500, 404, 405, 400, 403]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["strict-transport-security"].startswith("max-age=")
