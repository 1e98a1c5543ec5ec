"""Which release a server speaks: asked rarely, remembered by server, and never in the way of the answer."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.chart.version import FhirVersion
from app.fhir.access import Access
from app.fhir.fetcher import Fetcher
from app.fhir.gather import Gathered
from app.fhir.limits import Limits
from app.fhir.session import Session
from app.fhir.templates import filled_templates
from app.fhir.versions import PATIENCE, TIME_LIMIT, Versions
from app.main import create_app
from tests.support.charts import bundle, knowledge, potassium
from tests.support.fhir_server import Answer
from tests.support.gathering import COMPLETE, TOKEN, Caller, ids, learning
from tests.support.serving import development

DAY = 86_400.0
MINUTE = 60.0


def stating(version: Any) -> Answer:
    return Answer({"resourceType": "CapabilityStatement", "fhirVersion": version})


class Clock:
    """Seconds that pass when they are told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def fetching(caller: Caller, clock: Clock, time_limit: float = TIME_LIMIT) -> Fetcher:
    templates = filled_templates(knowledge().vocabulary)
    return Fetcher(caller.http, templates, Limits(backoff=0.001), Versions(clock, time_limit))


@pytest.fixture
async def fetcher(caller: Caller, clock: Clock) -> AsyncIterator[Fetcher]:
    """Its process ends with the test."""
    made = fetching(caller, clock)
    yield made
    await made.versions.close()


def seconds() -> float:
    return asyncio.get_running_loop().time()


async def call(caller: Caller, fetcher: Fetcher, budget: float = 5.0, token: str | None = TOKEN) -> Gathered:
    """Nothing is missing, so only the release is asked for."""
    return await caller.gather(COMPLETE, Access(caller.server.url, token), budget, fetcher)


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("3.0.2", FhirVersion.STU3),
        ("4.0.1", FhirVersion.R4),
        ("4.3.0", FhirVersion.R4B),
        ("5.0.0", FhirVersion.R5),
    ],
)
async def test_the_release_is_what_the_server_states(
    caller: Caller, fetcher: Fetcher, said: str, version: FhirVersion
) -> None:
    caller.server.on("metadata", stating(said))
    gathered = await call(caller, fetcher)
    assert gathered.version is version
    assert gathered.fetch_errors == ()


async def test_a_configured_release_is_not_asked_for(caller: Caller, fetcher: Fetcher) -> None:
    gathered = await caller.gather(COMPLETE, Access(caller.server.url, TOKEN, version=FhirVersion.R5), fetcher=fetcher)
    assert gathered.version is FhirVersion.R5
    assert caller.server.seen == []


async def test_the_release_is_asked_for_without_the_token(caller: Caller, fetcher: Fetcher) -> None:
    await call(caller, fetcher)
    (seen,) = caller.server.seen
    assert "authorization" not in seen.headers


async def test_the_release_is_remembered_for_a_day(caller: Caller, fetcher: Fetcher, clock: Clock) -> None:
    caller.server.on("metadata", stating("5.0.0"))
    await call(caller, fetcher)
    clock.now = DAY - 1
    assert (await call(caller, fetcher)).version is FhirVersion.R5
    assert len(caller.server.seen) == 1
    clock.now = DAY
    await call(caller, fetcher)
    assert len(caller.server.seen) == 2


async def test_one_server_under_two_spellings_is_one(caller: Caller, fetcher: Fetcher) -> None:
    await call(caller, fetcher)
    await caller.gather(COMPLETE, Access(f"{caller.server.url}/", TOKEN), fetcher=fetcher)
    assert len(caller.server.seen) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(status=404), "not-found"),
        (Answer("<html>"), "unknown-version"),
        (Answer({"resourceType": "CapabilityStatement"}), "unknown-version"),
        (stating("1.0.2"), "unknown-version"),
        (stating(4), "unknown-version"),
        (Answer(status=302, headers={"Location": "https://evil.example/"}), "redirect"),
        (Answer(ending="hung-up"), "connection"),
        (Answer(ending="silent"), "timeout"),
    ],
)
async def test_a_release_that_cannot_be_learned_is_r4_and_asked_for_again_after_a_minute(
    caller: Caller, clock: Clock, answer: Answer, kind: str
) -> None:
    fetcher = fetching(caller, clock, time_limit=PATIENCE / 2)
    caller.server.on("metadata", answer)
    gathered = await call(caller, fetcher)
    assert gathered.version is FhirVersion.R4
    assert gathered.fetch_errors == (kind,)
    assert gathered.chart.unavailable == ()
    asked = len(caller.server.seen)
    caller.server.on("metadata", stating("5.0.0"))
    clock.now = MINUTE - 1
    assert (await call(caller, fetcher)).version is FhirVersion.R4
    assert len(caller.server.seen) == asked
    clock.now = MINUTE
    assert (await call(caller, fetcher)).version is FhirVersion.R5


async def test_a_server_that_is_away_keeps_the_release_it_had(caller: Caller, fetcher: Fetcher, clock: Clock) -> None:
    caller.server.on("metadata", stating("5.0.0"), Answer(status=500))
    await call(caller, fetcher)
    clock.now = DAY
    assert (await call(caller, fetcher)).version is FhirVersion.R5
    assert len(caller.server.seen) == 2


async def test_calls_at_the_same_time_ask_once(caller: Caller, fetcher: Fetcher) -> None:
    caller.server.on("metadata", Answer(stating("5.0.0").body, latency=0.05))
    access = Access(caller.server.url, TOKEN)
    async with asyncio.TaskGroup() as tasks:
        several = [tasks.create_task(caller.at_once(COMPLETE, access, fetcher)) for _ in range(5)]
    assert {task.result().version for task in several} == {FhirVersion.R5}
    assert len(caller.server.seen) == 1


async def test_a_call_that_fetches_nothing_hardly_waits_for_a_server_that_does_not_say_its_release(
    caller: Caller, fetcher: Fetcher
) -> None:
    """Nor do those that come after it, and they do not ask once more."""
    caller.server.on("metadata", Answer(ending="silent"))
    for _ in range(2):
        began = seconds()
        gathered = await call(caller, fetcher)
        assert PATIENCE - 0.01 <= seconds() - began < 2.0
        assert (gathered.version, gathered.fetch_errors) == (FhirVersion.R4, ("timeout",))
    assert len(caller.server.seen) == 1


async def test_a_release_that_comes_after_the_call_is_there_for_the_next(caller: Caller, fetcher: Fetcher) -> None:
    caller.server.on("metadata", Answer(stating("5.0.0").body, latency=2 * PATIENCE))
    assert (await call(caller, fetcher)).version is FhirVersion.R4
    await asyncio.gather(*learning(fetcher))
    assert (await call(caller, fetcher)).version is FhirVersion.R5
    assert len(caller.server.seen) == 1


async def test_a_release_that_comes_while_the_call_fetches_is_written(caller: Caller, fetcher: Fetcher) -> None:
    caller.server.on("metadata", Answer(stating("5.0.0").body, latency=2 * PATIENCE))
    caller.server.on("Observation", Answer(bundle([potassium(2.9)]), latency=4 * PATIENCE))
    lacking = {key: value for key, value in COMPLETE.items() if key != "labs"}
    gathered = await caller.gather(lacking, Access(caller.server.url, TOKEN), fetcher=fetcher)
    assert ids(gathered) == ["k"]
    assert (gathered.version, gathered.fetch_errors) == (FhirVersion.R5, ())


async def test_a_call_that_is_given_up_does_not_end_the_question(caller: Caller, fetcher: Fetcher) -> None:
    caller.server.on("metadata", Answer(stating("5.0.0").body, latency=PATIENCE))
    given_up = asyncio.create_task(caller.at_once(COMPLETE, Access(caller.server.url, TOKEN), fetcher))
    await asyncio.sleep(PATIENCE / 4)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    await asyncio.gather(*learning(fetcher))
    assert fetcher.versions.known(caller.server.url) is FhirVersion.R5


async def test_a_question_ends_with_the_process(caller: Caller, fetcher: Fetcher) -> None:
    caller.server.on("metadata", Answer(ending="silent"))
    before = asyncio.all_tasks()
    await call(caller, fetcher)
    assert asyncio.all_tasks() - before == learning(fetcher) != set()
    await fetcher.versions.close()
    assert asyncio.all_tasks() == before


async def test_a_short_budget_does_not_wait_for_what_a_longer_one_asks(caller: Caller, fetcher: Fetcher) -> None:
    """And it does not count as a failure to learn: the question goes on."""
    caller.server.on("metadata", Answer(stating("5.0.0").body, latency=PATIENCE / 2))
    access = Access(caller.server.url, TOKEN)
    async with asyncio.TaskGroup() as tasks:
        patient = tasks.create_task(caller.at_once(COMPLETE, access, fetcher))
        await asyncio.sleep(PATIENCE / 20)
        hasty = tasks.create_task(caller.at_once(COMPLETE, access, fetcher, budget=PATIENCE / 20))
    assert (hasty.result().version, hasty.result().fetch_errors) == (FhirVersion.R4, ("timeout",))
    assert patient.result().version is FhirVersion.R5
    assert (await call(caller, fetcher)).version is FhirVersion.R5


async def test_f1_no_token_is_remembered(caller: Caller, fetcher: Fetcher) -> None:
    await call(caller, fetcher)
    assert TOKEN not in repr(vars(fetcher)) + repr(vars(fetcher.versions))
    assert list(vars(fetcher.versions)["_remembered"]) == [caller.server.url]


async def test_f1_the_question_that_outlives_a_call_does_not_hold_its_token(caller: Caller, fetcher: Fetcher) -> None:
    caller.server.on("metadata", Answer(ending="silent"))
    await call(caller, fetcher)
    (under_way,) = learning(fetcher)
    gc.collect()
    sessions = [one for one in gc.get_objects() if isinstance(one, Session) and one.base == caller.server.url]
    assert not under_way.done()
    assert [(one.access.token, vars(one)["_token"]) for one in sessions] == [(None, None)]


async def test_the_service_ends_its_questions_before_it_ends(tmp_path: Path, caller: Caller) -> None:
    caller.server.on("metadata", Answer(ending="silent"))
    app = create_app(development(tmp_path))
    async with app.router.lifespan_context(app):
        fetcher = app.state.parts.serving.state.fetcher
        await call(caller, fetcher)
        (under_way,) = learning(fetcher)
    assert under_way.cancelled()
