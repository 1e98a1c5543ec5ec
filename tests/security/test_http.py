"""Attacks with HTTP itself, on the whole service."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.security.conftest import Site
from tests.support.hooks import FEEDBACK, URL, refused, request
from tests.support.hospital import bearer, hospital, registration, signed
from tests.support.verifying import EHR

BODY = json.dumps(request()).encode()


def spoken(client: httpx.Client, *pieces: bytes, pause: float = 0.0) -> bytes:
    """All that the service says to these bytes, until it closes the connection."""
    with socket.create_connection((client.base_url.host, client.base_url.port or 80), timeout=20) as connection:
        said = b""
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause)
            connection.settimeout(20)
            while chunk := connection.recv(65_536):
                said += chunk
        except (ConnectionError, BrokenPipeError):
            pass
    return said


def head(method: str = "POST", path: str = URL, **headers: str) -> bytes:
    """The head of a call with a good token."""
    told = {"Host": "a", "Content-Type": "application/json", **signed(path), **headers}
    return f"{method} {path} HTTP/1.1\r\n".encode() + b"".join(f"{k}: {v}\r\n".encode() for k, v in told.items())


def statuses(said: bytes) -> list[bytes]:
    return [part[:3] for part in said.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize(
    "value",
    ["abcdefgh\r\nX-Injected: 1", "abcdefgh\nX-Injected: 1", "abcdefgh\rX-Injected: 1", "abcdefgh%0d%0aX-Injected: 1"],
)
@pytest.mark.parametrize("name", ["X-Correlation-Id", "X-Request-Id", "Origin", "traceparent"])
def test_crlf_in_a_header_injects_none(site: Site, name: str, value: str) -> None:
    said = spoken(site.client, head(**{name: value, "Connection": "close"}) + b"Content-Length: 2\r\n\r\n{}")
    answer, _, _ = said.partition(b"\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 ")
    assert b"x-injected" not in answer.lower()


def test_a_correlation_id_that_is_none_is_replaced(site: Site) -> None:
    for value in ("<script>", "short", "x" * 129, "a b c d e f g h", "'; DROP TABLE x; --", "../../../../etc/passwd"):
        answer = site.client.get("/livez", headers={"X-Correlation-Id": value})
        assert answer.headers["x-correlation-id"] != value
    answer = site.client.get("/livez", headers={"X-Correlation-Id": "abc-12345"})
    assert answer.headers["x-correlation-id"] == "abc-12345"


@pytest.mark.parametrize(
    "smuggled",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n",
        b"Content-Length: 2, 44\r\n\r\n{}",
        b"Content-Length: +2\r\n\r\n{}",
        b"Content-Length: 0x2\r\n\r\n{}",
        b"Transfer-Encoding: xchunked\r\n\r\n",
        b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
        b"X: a\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
        b"Content-Length: 2\r\n Content-Length: 44\r\n\r\n{}",
    ],
)
def test_a_request_with_two_readings_hides_no_second_one(site: Site, smuggled: bytes) -> None:
    """Behind a proxy that reads it otherwise, what follows would be the request of somebody else."""
    said = spoken(site.client, head(Connection="close") + smuggled + b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
    assert len(statuses(said)) == 1
    assert statuses(said)[0].startswith(b"4")
    assert b"alive" not in said


def test_a_chunk_that_is_not_what_it_says_ends_the_connection(site: Site) -> None:
    chunked = head() + b"Transfer-Encoding: chunked\r\n\r\n"
    for body in (b"5\r\n{}\r\n0\r\n\r\n", b"-1\r\n\r\n", b"ffffffffffffffffff\r\n", b"2 ;x\r\n{}\r\nX: 1\r\n\r\n"):
        said = spoken(site.client, chunked + body + b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert b"alive" not in said


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method"])
def test_no_header_overrides_the_method(site: Site, header: str) -> None:
    response = site.client.get(URL, headers={header: "POST", **signed(URL)})
    refused(response, 405)
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "GET", "EVIL"])
def test_no_other_method_is_answered(site: Site, method: str) -> None:
    said = spoken(site.client, head(method, Connection="close") + b"\r\n")
    assert statuses(said)[0] in (b"400", b"405")
    assert EHR.header()["kid"].encode() not in said


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example", "X-Forwarded-Port": "1"},
        {"Forwarded": "for=127.0.0.1;host=evil.example"},
        {"X-Real-Ip": "127.0.0.1", "X-Original-URL": "/livez", "X-Rewrite-URL": "/livez"},
        {"X-Forwarded-Prefix": "/evil", "X-Script-Name": "/evil"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1"},
        {"Host": ""},
    ],
)
def test_no_header_about_who_or_where_changes_an_answer(site: Site, headers: dict[str, str]) -> None:
    usual = site.ask().json()
    response = site.client.post(URL, json=request(), headers={**signed(URL), **headers})
    assert response.status_code == 200
    links = [[card["links"] for card in body["cards"]] for body in (usual, response.json())]
    assert links[0] == links[1]
    assert "evil" not in response.text + str(response.headers)
    refused(site.client.get("/metrics", headers=headers), 401)
    refused(site.client.post(URL, json=request(), headers=headers), 401)


def test_a_browser_from_a_page_of_nobody_is_turned_away(site: Site) -> None:
    for origin in ("https://evil.example", "null", "http://127.0.0.1:8000", "https://sandbox.cds-hooks.org"):
        response = site.client.post(URL, json=request(), headers={**signed(URL), "Origin": origin})
        refused(response, 403)
        assert "access-control-allow-origin" not in response.headers
        preflight = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        refused(site.client.options(URL, headers=preflight), 403)


def test_an_answer_is_never_cached_framed_or_guessed(site: Site) -> None:
    answers = [
        site.ask(),
        site.client.get("/cards"),
        site.client.get("/nothing"),
        site.client.get("/livez"),
        site.post(b"{"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 404, 200, 400]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["strict-transport-security"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_health_says_nothing_else(site: Site) -> None:
    assert site.client.get("/livez").json() == {"status": "alive"}
    assert site.client.get("/readyz").json() == {"status": "ready"}


def test_a_url_and_headers_without_end_are_refused(site: Site) -> None:
    refused(site.client.get("/cards?" + "x" * 40_000), 431)
    refused(site.client.get("/livez", headers={f"X-{number}": "y" * 100 for number in range(400)}), 431)


def test_a_websocket_is_not_opened(site: Site) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "eA==",
    }
    response = site.client.get("/cds-services", headers=upgrade)
    refused(response, 401)


OFFERS: dict[str, dict[str, str]] = {
    "java": {
        "Connection": "Upgrade, HTTP2-Settings",
        "Upgrade": "h2c",
        "HTTP2-Settings": "AAEAAEAAAAIAAAABAAMAAABkAAQ",
    },
    "tls": {"Connection": "keep-alive, upgrade", "Upgrade": "TLS/1.2"},
    "websocket": {"Connection": "Upgrade", "Upgrade": "websocket"},
}
LENGTH = b"Content-Length: %d\r\n\r\n" % len(BODY)
LAST = b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
def test_a_call_that_offers_another_protocol_is_answered_as_it_stands(site: Site, offer: dict[str, str]) -> None:
    """As Java's HttpClient and `curl --http2` send it: the offer is ignored (RFC 9110, 7.8)."""
    response = site.client.post(URL, content=BODY, headers={"Content-Type": "application/json", **signed(URL), **offer})
    assert [card["summary"] for card in response.json()["cards"]] == [
        card["summary"] for card in site.ask().json()["cards"]
    ]


def test_an_offer_and_its_body_may_come_in_any_pieces(site: Site) -> None:
    said = spoken(site.client, *pieces(head(**OFFERS["java"]) + LENGTH + BODY + LAST, 301), pause=0.005)
    assert statuses(said) == [b"200", b"200"]
    assert b"alive" in said


def pieces(message: bytes, size: int) -> list[bytes]:
    return [message[at : at + size] for at in range(0, len(message), size)]


def test_requests_behind_an_offer_are_answered_each_with_its_body(site: Site) -> None:
    def message() -> bytes:
        return head(**OFFERS["java"]) + LENGTH + BODY

    chunked = head(**OFFERS["tls"]) + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
    said = spoken(site.client, message() + message() + chunked + message() + LAST)
    assert statuses(said) == [b"200"] * 5


def test_a_body_behind_an_offer_hides_no_second_request(site: Site) -> None:
    hidden = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"
    said = spoken(site.client, head(**OFFERS["java"]) + b"Content-Length: %d\r\n\r\n" % len(hidden) + hidden + LAST)
    assert statuses(said) == [b"400", b"200"]
    assert said.count(b"alive") == 1


@pytest.mark.parametrize("version", [b"HTTP/1.1", b"HTTP/1.0"])
def test_a_connection_that_is_to_be_closed_after_an_offer_is_closed(site: Site, version: bytes) -> None:
    offer = head(Connection="close, Upgrade", Upgrade="h2c").replace(b"HTTP/1.1", version, 1)
    said = spoken(site.client, offer + LENGTH + BODY + LAST)
    assert statuses(said) == [b"200"]
    assert b"connection: close" in said.lower()


def test_feedback_that_comes_with_an_offer_is_accepted(site: Site) -> None:
    card = site.ask().json()["cards"][0]["uuid"]
    item = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-22T08:59:00Z"}
    headers = {**signed(FEEDBACK), **OFFERS["java"]}
    assert site.client.post(FEEDBACK, json={"feedback": [item]}, headers=headers).status_code == 200


def test_a_tunnel_is_not_opened_for_an_offer_either(site: Site) -> None:
    said = spoken(site.client, head("CONNECT", Connection="close, Upgrade", Upgrade="h2c") + b"\r\n" + LAST)
    assert statuses(said)[0] in (b"400", b"405")
    assert b"alive" not in said


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A service that waits for headers and body for a third of a second each."""
    folder = tmp_path_factory.mktemp("impatient")
    with hospital(folder, registration(), header_timeout=0.3, body_timeout=0.3, max_concurrent_calls=3) as client:
        yield client


def test_slowloris_in_headers_ends_the_connection(impatient: httpx.Client) -> None:
    assert spoken(impatient, head(), *[b"X-A: b\r\n"] * 20, pause=0.05) == b""
    assert spoken(impatient, *(bytes([letter]) for letter in b"GET /livez HTTP/1.1\r\n"), pause=0.05) == b""
    assert spoken(impatient) == b""


def test_slowloris_in_a_body_ends_the_connection(impatient: httpx.Client) -> None:
    said = spoken(impatient, head() + b"Content-Length: 500\r\n\r\n", *[b" "] * 5, pause=0.05)
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"OperationOutcome" in said


def test_slow_callers_take_no_place_from_others(impatient: httpx.Client) -> None:
    host, port = impatient.base_url.host, impatient.base_url.port or 80
    slow = [socket.create_connection((host, port)) for _ in range(30)]
    try:
        for connection in slow:
            connection.sendall(head() + b"Content-Length: 500\r\n\r\n{")
        assert impatient.post(URL, json=request(), headers=signed(URL)).status_code == 200
    finally:
        for connection in slow:
            connection.close()


def test_a_call_that_is_pipelined_behind_a_refused_one_needs_its_own_token(site: Site) -> None:
    first = head() + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
    second = f"POST {FEEDBACK} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}".encode()
    assert statuses(spoken(site.client, first + second)) == [b"200", b"401"]


def test_a_token_is_no_ticket_for_the_rest_of_the_connection(site: Site) -> None:
    token = bearer(EHR.token())
    assert site.client.post(URL, json=request(), headers=token).status_code == 200
    refused(site.client.post(URL, json=request()), 401)
