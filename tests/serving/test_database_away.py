"""The database goes away, is away at the start, and comes back."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.serving.load import stored
from tests.support.charts import Json
from tests.support.hooks import URL, refused, told
from tests.support.hospital import registration
from tests.support.postgres import PostgresServer
from tests.support.process import PATIENCE, Legwork, answers, call, until
from tests.support.real_time import as_hospital, register, signed

CARD = "sudden-onset"
FEEDBACK = f"{URL}/feedback"


@pytest.fixture(scope="module")
def database(postgres: PostgresServer) -> Iterator[str]:
    """A new one; the server is left running."""
    yield postgres.new_database()
    postgres.stop()
    postgres.start()


def send_feedback(url: str, card: str, headers: dict[str, str] | None = None) -> httpx.Response:
    item = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-22T09:00:00Z"}
    return httpx.post(url + FEEDBACK, json={"feedback": [item]}, headers=headers, trust_env=False, timeout=PATIENCE)


def unavailable(answer: httpx.Response) -> None:
    """Says so, and when to try again."""
    assert refused(answer, 503)["code"] == "transient"
    assert int(answer.headers["retry-after"]) > 0


def cards(url: str) -> list[Json]:
    """Of a call that must succeed."""
    answer = call(url)
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["cards"]
    return found


def test_without_authentication_cards_are_answered_and_recorded_later(
    postgres: PostgresServer, database: str, tmp_path: Path
) -> None:
    service = Legwork(tmp_path, {"database_url": database})
    assert service.run("database", "upgrade").returncode == 0
    assert service.run("switch", "off", "card", CARD).returncode == 0
    with service.running() as url:
        known = len(cards(url))
        until(lambda: stored(database).cards == known, "the card is recorded")
        postgres.stop()
        (card, *_) = while_away = cards(url)
        assert told(call(url).json())["switchedOff"] == [CARD]
        assert answers(f"{url}/readyz")
        unavailable(send_feedback(url, card["uuid"]))
        postgres.start()
        until(lambda: send_feedback(url, card["uuid"]).is_success, "feedback is taken again")
        known += 2 * len(while_away)
        until(lambda: stored(database).cards == known, "what waited is recorded")
        postgres.stop()
        known += len(cards(url))
        assert service.stop() == 0
    assert list((service.data / "spool").iterdir())
    with service.running() as url:
        # It starts without the database, and what is off stays off.
        assert answers(f"{url}/readyz")
        known += len(cards(url))
        assert told(call(url).json())["switchedOff"] == [CARD]
        known += len(while_away)
        postgres.start()
        until(lambda: stored(database).cards == known, "the spool is written, and what waited")
        assert not list((service.data / "spool").iterdir())
        assert service.stop() == 0


def test_with_authentication_nothing_is_answered_that_could_be_replayed(
    postgres: PostgresServer, database: str, tmp_path: Path
) -> None:
    register(tmp_path / "clients.yaml", registration())
    service = Legwork(tmp_path, {**as_hospital(tmp_path / "clients.yaml"), "database_url": database})
    postgres.stop()
    with service.running() as url:
        assert answers(f"{url}/readyz", 503)
        assert answers(f"{url}/livez")
        unavailable(call(url, signed(URL)))
        unavailable(send_feedback(url, "00000000-0000-4000-8000-000000000000", signed(FEEDBACK)))
        postgres.start()
        until(lambda: answers(f"{url}/readyz"), "it is ready once the database is there")
        assert call(url, signed(URL)).status_code == 200
        postgres.stop()
        unavailable(call(url, signed(URL)))
        assert answers(f"{url}/readyz", 503)
        service.signal(signal.SIGTERM)
        assert service.ended() == 0
        postgres.start()
