"""Calls on several instances over one database, and whether anything was counted twice, lost, or let through.

`python -m tests.serving.load --calls 100000` is the long run by hand; the tests do a short one.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import func, select

from app.store.address import open_database
from app.store.tables import feedback, issued_cards, used_tokens
from tests.support.charts import Json
from tests.support.hooks import URL, request
from tests.support.hospital import AS_OPERATOR, bearer, registration
from tests.support.postgres import ADVICE, find_programs, running_postgres
from tests.support.process import PATIENCE, Legwork, until
from tests.support.real_time import as_hospital, register, signed, token

FEEDBACK = f"{URL}/feedback"
COUNTED_AFTER = 1.0
"""Seconds after which a worker counts what it answered, at the latest."""

REPLAYED = 5
"""Every so many-th token is used again, on another instance."""


@dataclass(frozen=True)
class Size:
    """Of a run: so many calls by so many callers at once, on instances with so many workers each."""

    instances: int = 2
    workers: int = 2
    calls: int = 20_000
    callers: int = 16


@dataclass
class Tally:
    """What callers saw; `replays` by the statuses that the two uses of one token got."""

    cards: list[str] = field(default_factory=list)
    calls: Counter[int] = field(default_factory=Counter)
    feedback: Counter[int] = field(default_factory=Counter)
    replays: Counter[tuple[int, ...]] = field(default_factory=Counter)


@dataclass(frozen=True)
class Stored:
    """Rows in the database."""

    cards: int
    feedback: int
    tokens: int


def install(folder: Path, database: str, size: Size) -> list[Legwork]:
    """Instances with data folders of their own and one database; not started yet."""
    register(folder / "clients.yaml", registration())
    settings = {**as_hospital(folder / "clients.yaml"), "workers": size.workers, "database_url": database}
    return [Legwork(folder / f"instance-{number}", dict(settings)) for number in range(size.instances)]


async def call_all(urls: Sequence[str], size: Size) -> Tally:
    """So many calls by so many callers, on one instance after the other; each answer gets feedback, sent twice."""
    tally, numbers = Tally(), iter(range(size.calls))
    limits = httpx.Limits(max_keepalive_connections=0)  # so that any worker may get a call
    async with (
        httpx.AsyncClient(trust_env=False, timeout=PATIENCE, limits=limits) as http,
        asyncio.TaskGroup() as tasks,
    ):
        for _ in range(size.callers):
            tasks.create_task(_caller(http, urls, numbers, tally))
    return tally


async def _caller(http: httpx.AsyncClient, urls: Sequence[str], numbers: Iterator[int], tally: Tally) -> None:
    for number in numbers:
        here, there = urls[number % len(urls)], urls[(number + 1) % len(urls)]
        used = bearer(token(URL))
        times = [here, there] if number % REPLAYED == 0 else [here]
        answers = await asyncio.gather(*(http.post(url + URL, json=request(), headers=used) for url in times))
        if len(times) > 1:
            tally.replays[tuple(sorted(answer.status_code for answer in answers))] += 1
        for answer in answers:
            tally.calls[answer.status_code] += 1
            if answer.is_success:
                cards = [card["uuid"] for card in answer.json()["cards"]]
                tally.cards += cards
                await _send_feedback(http, (here, there), cards[0], tally)


async def _send_feedback(http: httpx.AsyncClient, urls: Sequence[str], card: str, tally: Tally) -> None:
    item = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-22T09:00:00Z"}
    body = {"feedback": [item]}
    sent = await asyncio.gather(*(http.post(url + FEEDBACK, json=body, headers=signed(FEEDBACK)) for url in urls))
    tally.feedback.update(answer.status_code for answer in sent)


def counted(urls: Sequence[str], name: str) -> int:
    """The sum of a counter over all instances; `name` is a regular expression."""
    pattern = re.compile(rf"^legwork_{name} (\S+)$", re.MULTILINE)
    answers = [httpx.get(f"{url}/metrics", headers=AS_OPERATOR, trust_env=False, timeout=PATIENCE) for url in urls]
    texts = [answer.raise_for_status().text for answer in answers]
    return sum(int(float(number)) for text in texts for number in pattern.findall(text))


def summary(url: str) -> Json:
    """What an instance says of all feedback."""
    answer = httpx.get(f"{url}/feedback/summary", headers=AS_OPERATOR, trust_env=False, timeout=PATIENCE)
    body: Json = answer.raise_for_status().json()
    return body


def stored(database: str) -> Stored:
    """What is in the database."""

    async def look() -> Stored:
        opened = open_database(database, Path())
        async with opened.read() as connection:
            numbers: list[Any] = [
                await connection.scalar(select(func.count()).select_from(table))
                for table in (issued_cards, feedback, used_tokens)
            ]
        await opened.close()
        return Stored(*numbers)

    return asyncio.run(look())


def check(tally: Tally, urls: Sequence[str], database: str) -> None:
    """All that must agree, once the instances have ended; `urls` are those of one that was started again."""
    answered = tally.calls[200]
    assert set(tally.calls) == {200, 401}, tally.calls
    assert set(tally.replays) == {(200, 401)}, tally.replays
    assert set(tally.feedback) == {200}, tally.feedback
    assert len(set(tally.cards)) == len(tally.cards)
    expected = Stored(cards=len(tally.cards), feedback=answered, tokens=answered + tally.feedback[200])
    assert stored(database) == expected
    found = summary(urls[0])
    assert sum(card["shown"] for card in found["cards"]) == len(tally.cards)
    assert sum(card["overridden"] for card in found["cards"]) == answered
    assert (found["unknown_accepted"], found["unknown_overridden"]) == (0, 0)


def check_metrics(tally: Tally, urls: Sequence[str]) -> None:
    """Each instance sums over its workers, and they over all."""
    expected = {
        **{rf'calls_total\{{endpoint="call",status="{status}"\}}': tally.calls[status] for status in (200, 401)},
        r'feedback_total\{outcome="overridden"\}': tally.feedback[200],
        r"cards_total\{card=.*\}": len(tally.cards),
    }
    for name, number in expected.items():
        until(partial(_reaches, urls, name, number), f"{name} is {number}")
    time.sleep(2 * COUNTED_AFTER)  # for what would be counted twice
    assert {name: counted(urls, name) for name in expected} == expected


def _reaches(urls: Sequence[str], name: str, number: int) -> bool:
    return counted(urls, name) >= number


def run(folder: Path, database: str, size: Size) -> Tally:
    """Everything, once; raises AssertionError."""
    services = install(folder, database, size)
    with ExitStack() as stack:
        urls = [stack.enter_context(service.running()) for service in services]
        tally = asyncio.run(call_all(urls, size))
        check_metrics(tally, urls)
        assert [service.stop() for service in services] == [0] * size.instances
        check(tally, [stack.enter_context(services[0].running())], database)
    return tally


def main() -> None:
    """The run by hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    for one in fields(Size):
        parser.add_argument(f"--{one.name}", type=int, default=one.default)
    size = Size(**vars(parser.parse_args()))
    if find_programs() is None:
        sys.exit(ADVICE)
    with running_postgres() as server, tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        tally = run(Path(folder), server.new_database(), size)
        sys.stdout.write(f"{datetime.now(UTC):%Y-%m-%d}: {size}: {tally.calls} {tally.replays} {tally.feedback}")
        sys.stdout.write(f" {len(tally.cards)} cards in {time.monotonic() - began:.0f} s: all agree\n")


if __name__ == "__main__":
    main()
