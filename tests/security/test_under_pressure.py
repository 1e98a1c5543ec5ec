"""Many callers, a full disk, a database that is busy or away, an end in the middle of it all."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.security.instance import Instance, instance, token_of_now
from tests.support.crowd import crowd
from tests.support.hooks import FEEDBACK, URL, answered, refused, request
from tests.support.hospital import AS_OPERATOR, bearer, connected, hospital, registration, signed
from tests.support.postgres import PostgresServer, running_postgres
from tests.support.serving import development, serving

ITEM = {"card": "c", "outcome": "overridden", "outcomeTimestamp": "2026-11-22T09:00:00Z"}


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Somebody else writes to the database of a data folder, and does not come to an end."""
    with closing(sqlite3.connect(folder / "legwork.db", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


def call(client: httpx.Client) -> httpx.Response:
    return client.post(URL, json=request(), headers=signed(URL))


def report(client: httpx.Client, **item: str) -> httpx.Response:
    return client.post(FEEDBACK, json={"feedback": [{**ITEM, **item}]}, headers=signed(FEEDBACK))


def put_off(response: httpx.Response) -> None:
    """503, to be tried again."""
    refused(response, 503)
    assert int(response.headers["retry-after"]) > 0


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Instance, Instance]]:
    """Two instances over one data folder, the first with two workers."""
    folder = tmp_path_factory.mktemp("pair")
    with instance(folder, workers="2") as one, instance(folder) as other:
        yield one, other


def test_a_token_that_one_process_saw_is_refused_by_another(pair: tuple[Instance, Instance]) -> None:
    one, other = pair
    for first, second in ((one, other), (other, one), (one, one)):
        token = token_of_now()
        assert first.ask(token).status_code == 200
        refused(second.ask(token), 401)


def test_of_processes_that_see_a_token_at_once_one_accepts_it(pair: tuple[Instance, Instance]) -> None:
    with ThreadPoolExecutor(8) as callers:
        for _ in range(10):
            token = token_of_now()
            seen = callers.map(_alone, pair * 4, [token] * 8)
            assert Counter(seen) == {200: 1, 401: 7}


def _alone(service: Instance, token: str) -> int:
    """A call on a connection of its own, which may lead to either worker."""
    with connected(str(service.client.base_url)) as client:
        return client.post(URL, json=request(), headers=bearer(token)).status_code


def test_no_answer_says_what_answers(pair: tuple[Instance, Instance]) -> None:
    for service in pair:
        for response in (service.ask(), service.client.get("/livez"), service.client.get("/nothing")):
            assert "server" not in response.headers


def test_a_token_outlives_the_process_that_saw_it(tmp_path: Path) -> None:
    token = token_of_now()
    with instance(tmp_path) as first:
        assert first.ask(token).status_code == 200
        first.service.kill()
    with instance(tmp_path) as second:
        refused(second.ask(token), 401)


def test_while_the_database_is_locked_no_token_is_accepted(tmp_path: Path) -> None:
    with hospital(tmp_path, registration()) as client:
        assert call(client).status_code == 200
        with locked(tmp_path / "data"):
            put_off(call(client))
            put_off(report(client))
            assert client.get("/livez").status_code == 200
        assert call(client).status_code == 200
        assert report(client).status_code == 200


def test_while_the_database_is_locked_a_call_that_needs_no_token_is_answered(tmp_path: Path) -> None:
    with serving(development(tmp_path)) as url, connected(url) as client:
        with locked(tmp_path):
            assert answered(client.post(URL, json=request()))["cards"]
            put_off(client.post(FEEDBACK, json={"feedback": [ITEM]}))
        assert client.post(FEEDBACK, json={"feedback": [ITEM]}).status_code == 200


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """A running server of the test's own."""
    with running_postgres() as server:
        yield server


def test_while_the_database_is_away_no_token_is_accepted(tmp_path: Path, postgres: PostgresServer) -> None:
    with hospital(tmp_path, registration(), database_url=postgres.new_database()) as client:
        headers = signed(URL)
        assert client.post(URL, json=request(), headers=headers).status_code == 200
        postgres.stop()
        put_off(call(client))
        put_off(report(client))
        put_off(client.get("/readyz"))
        put_off(client.get("/feedback/export", headers=AS_OPERATOR))
        assert client.get("/livez").status_code == 200
        postgres.start()
        assert call(client).status_code == 200
        refused(client.post(URL, json=request(), headers=headers), 401)


def test_while_the_database_is_away_a_call_that_needs_no_token_is_answered(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    settings = development(tmp_path, database_url=postgres.new_database())
    with serving(settings) as url, connected(url) as client:
        assert answered(client.post(URL, json=request()))["cards"]
        postgres.stop()
        assert answered(client.post(URL, json=request()))["cards"]
        put_off(client.post(FEEDBACK, json={"feedback": [ITEM]}))


def test_on_a_full_disk_feedback_is_put_off_and_no_token_is_accepted(tmp_path: Path) -> None:
    with instance(tmp_path, most_bytes=400_000) as service:
        path = FEEDBACK
        for number in range(40):
            items = [{**ITEM, "card": f"{number}-{item}-{'x' * 200}"} for item in range(200)]
            response = service.client.post(path, json={"feedback": items}, headers=bearer(token_of_now(path)))
            if response.status_code != 200:
                break
        put_off(response)
        for _ in range(200):
            response = service.ask()
            if response.status_code != 200:
                break
        put_off(response)
        assert service.client.get("/livez").status_code == 200
        assert service.end(signal.SIGTERM) == 0


def test_on_a_full_disk_a_call_that_needs_no_token_is_answered(tmp_path: Path) -> None:
    with instance(tmp_path, most_bytes=1_000_000, mode="development") as service:
        for number in range(20):
            items = [{**ITEM, "card": f"{number}-{item}-{'x' * 200}"} for item in range(500)]
            response = service.client.post(FEEDBACK, json={"feedback": items})
            if response.status_code != 200:
                break
        put_off(response)
        assert answered(service.client.post(URL, json=request()))["cards"]


def test_sigterm_under_load_cuts_off_no_answer_and_loses_no_record(tmp_path: Path) -> None:
    with instance(tmp_path, shutdown_timeout="20") as service, ThreadPoolExecutor(8) as callers:
        working = [callers.submit(_call_until_closed, service) for _ in range(8)]
        for _ in range(20):
            assert service.ask().status_code == 200
        assert service.end(signal.SIGTERM) == 0
        ends = [one.result(30) for one in working]
    cards = [card for end in ends for card in end.cards]
    assert not [end.error for end in ends if "body" in end.error], "an answer was cut off"
    assert len(cards) > 50
    with closing(sqlite3.connect(tmp_path / "data" / "legwork.db")) as database:
        recorded = {uuid for (uuid,) in database.execute("SELECT uuid FROM issued_cards")}
    assert set(cards) <= recorded


@dataclass
class End:
    """The cards of all answers that a caller got, and why it got no more."""

    cards: list[str] = field(default_factory=list)
    error: str = ""


def _call_until_closed(service: Instance) -> End:
    end = End()
    with connected(str(service.client.base_url)) as client:
        while True:
            try:
                response = client.post(URL, json=request(), headers=bearer(token_of_now()))
            except (httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError) as error:
                end.error = str(error)
                return end
            end.cards += [card["uuid"] for card in answered(response)["cards"]]


def test_a_crowd_is_answered_to_the_last_call(tmp_path: Path) -> None:
    """With 10,000 it is `make crowd`."""
    with instance(tmp_path, mode="development", max_concurrent_calls="20") as service:
        seen = asyncio.run(crowd(service.port, 300, URL, json.dumps(request()).encode()))
        assert sum(seen.values()) == 300
        assert set(seen) <= {"200", "503"}
        assert seen["200"] >= 20
        assert seen["503"]
        assert answered(service.client.post(URL, json=request()))["cards"]
