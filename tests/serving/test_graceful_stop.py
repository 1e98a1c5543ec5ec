"""How a service ends: it drains, finishes what is under way, writes what waits, and is gone in time."""

from __future__ import annotations

import signal
import socket
import sqlite3
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.charts import bundle, foot_drop, patient
from tests.support.fhir_server import Answer, FhirServer
from tests.support.hooks import KEYS, URL, refused, request
from tests.support.process import PATIENCE, Legwork, answers, call, until

LONG = 290  # seconds for what nobody should wait for; what ends sooner did not
BODY = httpx.Request("POST", "http://x", json=request()).content

workers = pytest.mark.parametrize("workers", [1, 2])


def recorded(legwork: Legwork) -> int:
    """The cards in the database."""
    with closing(sqlite3.connect(legwork.data / "legwork.db")) as connection:
        (number,) = connection.execute("SELECT count(*) FROM issued_cards").fetchone()
        return int(number)


@contextmanager
def in_flight(url: str, server: FhirServer, behaviour: Answer) -> Iterator[Future[httpx.Response]]:
    """A call that waits for a FHIR server, whose answer comes later."""
    server.on("Patient/p1", behaviour)
    lacking = {**dict.fromkeys(KEYS, bundle([])), "conditions": bundle([foot_drop()])}
    del lacking["patient"]
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(call, url, prefetch=lacking, fhirServer=server.url)
        until(lambda: server.asked("Patient/p1"), "the FHIR server was asked")
        yield future


@workers
def test_it_drains_and_then_finishes_what_is_under_way(legwork: Legwork, workers: int) -> None:
    legwork.settings = {"mode": "development", "workers": workers, "drain_delay": 3, "shutdown_timeout": 60}
    legwork.settings |= {"fetch_budget": 30}
    slow = Answer(body=patient(), latency=6)
    with legwork.running() as url, kept_open(url) as client, FhirServer() as server:
        first = client.post(URL, json=request())
        assert "connection" not in first.headers
        with in_flight(url, server, slow) as last:
            legwork.signal(signal.SIGTERM)
            until(lambda: answers(f"{url}/readyz", 503), "/readyz says no")
            known, new = client.post(URL, json=request()), call(url)
            assert [answer.headers["connection"] for answer in (known, new)] == ["close", "close"]
            until(lambda: legwork.said("Shutting down"), "it no longer takes calls")
            assert not last.done()
            answered = [first, known, new, last.result()]
        assert [answer.status_code for answer in answered] == [200] * 4
        assert all(answer.json()["cards"] for answer in answered)
        assert legwork.ended() == 0
    assert recorded(legwork) == sum(len(answer.json()["cards"]) for answer in answered)


def kept_open(url: str) -> httpx.Client:
    """A client whose connection is kept for its next call."""
    return httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE)


@workers
def test_a_client_or_fhir_server_that_stalls_is_not_waited_for(legwork: Legwork, workers: int) -> None:
    seconds = 3
    legwork.settings = {"mode": "development", "workers": workers, "shutdown_timeout": seconds, "fetch_budget": 30}
    legwork.settings |= {"body_timeout": LONG, "header_timeout": LONG}
    with legwork.running() as url, FhirServer() as server, in_flight(url, server, Answer(ending="silent")) as answer:
        cards = call(url).json()["cards"]
        clients = [half_a_head(url), half_a_body(url), slow_reader(url)]
        legwork.signal(signal.SIGTERM)
        assert legwork.ended(LONG / 10) == 0
        cut_off = answer.result()
        assert refused(cut_off, 503)["code"] == "transient"
        assert cut_off.headers["retry-after"] == "1"
        for client in clients:
            client.close()
    assert not legwork.said("given up")
    assert recorded(legwork) == len(cards) > 0


def test_a_second_signal_hurries_and_still_records(legwork: Legwork) -> None:
    legwork.settings = {"mode": "development", "workers": 2, "fetch_budget": 30}
    legwork.settings |= {"drain_delay": LONG, "shutdown_timeout": LONG}
    with legwork.running() as url, FhirServer() as server, in_flight(url, server, Answer(ending="silent")) as answer:
        cards = call(url).json()["cards"]
        legwork.signal(signal.SIGTERM)
        until(lambda: answers(f"{url}/readyz", 503), "it drains")
        legwork.signal(signal.SIGTERM)
        until(lambda: legwork.said("Shutting down"), "it no longer drains")
        legwork.signal(signal.SIGINT)
        assert legwork.ended() == 0
        refused(answer.result(), 503)
        assert recorded(legwork) == len(cards)


def test_ctrl_c_ends_at_once(legwork: Legwork) -> None:
    legwork.settings = {"mode": "development", "drain_delay": LONG}
    with legwork.running() as url, kept_open(url) as idle:
        assert idle.get("/livez").is_success
        legwork.signal(signal.SIGINT)
        assert legwork.ended() == 0
    assert "Traceback" not in legwork.log


def test_workers_end_with_a_parent_that_is_killed(legwork: Legwork) -> None:
    legwork.settings = {"workers": 2}
    with legwork.running():
        orphans = until(lambda: len(legwork.workers) == 2 and legwork.workers, "both workers run")
        legwork.kill()
        until(lambda: not any(Path(f"/proc/{one}/cmdline").exists() and alive(one) for one in orphans), "they ended")


def test_asked_to_end_while_it_starts_it_does(legwork: Legwork) -> None:
    legwork.start()
    until(lambda: b"\0serve\0" in Path(f"/proc/{legwork.pid}/cmdline").read_bytes(), "Python runs")
    legwork.signal(signal.SIGTERM)
    assert legwork.ended() in (0, -signal.SIGTERM)


def alive(process: int) -> bool:
    """And not merely waiting for somebody to take note of its end."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def connected(url: str) -> socket.socket:
    """A connection to the service."""
    address = urlsplit(url)
    assert address.hostname
    assert address.port
    return socket.create_connection((address.hostname, address.port), PATIENCE)


def half_a_head(url: str) -> socket.socket:
    """A client that stalls in the headers of its call."""
    client = connected(url)
    client.sendall(f"POST {URL} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode())
    return client


def head(length: int) -> bytes:
    """The head of a call."""
    lines = f"POST {URL} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {length}"
    return f"{lines}\r\n\r\n".encode()


def half_a_body(url: str) -> socket.socket:
    """A client that stalls in the body of its call."""
    client = connected(url)
    client.sendall(head(len(BODY)) + BODY[: len(BODY) // 2])
    return client


def slow_reader(url: str) -> socket.socket:
    """A client that reads none of its answers, until there is no room for them on the way."""
    client = connected(url)
    client.settimeout(0.5)
    large = b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    try:
        while True:
            client.sendall(large * 1000)
    except TimeoutError:
        return client
