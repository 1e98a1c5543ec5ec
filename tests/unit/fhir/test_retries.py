"""What may pass is tried again, as often as there is time."""

from __future__ import annotations

import pytest

from tests.support.charts import PATIENT_ID, bundle, potassium
from tests.support.fhir_server import Answer
from tests.support.gathering import Caller, ids, said

LABS = Answer(bundle([potassium(2.9)]))
DATE = "Sun, 22 Nov 2026 09:00:{:02} GMT"


@pytest.mark.parametrize(
    "once",
    [
        Answer(status=502),
        Answer(status=503),
        Answer(status=504),
        Answer(status=503, headers={"Retry-After": "0"}),
        Answer(status=429, headers={"Retry-After": "0"}),
        Answer(status=429, headers={"Retry-After": DATE.format(7), "Date": DATE.format(8)}),
        Answer(ending="hung-up"),
    ],
)
async def test_what_passes_is_tried_again(caller: Caller, once: Answer) -> None:
    caller.server.on("Observation", once, LABS)
    gathered = await caller.call(labs=...)
    assert ids(gathered) == ["k"]
    assert gathered.chart.unavailable == ()
    assert gathered.fetch_errors == ()
    assert len(caller.server.seen) == 2


@pytest.mark.parametrize("status", [401, 403, 404, 500, 501])
async def test_what_does_not_pass_is_not_tried_again(caller: Caller, status: int) -> None:
    caller.server.on("Observation", Answer(status=status), LABS)
    assert str(status) in said(await caller.call(labs=...))
    assert len(caller.server.seen) == 1


async def test_too_many_requests_without_a_time_to_wait_is_not_tried_again(caller: Caller) -> None:
    caller.server.on("Observation", Answer(status=429), LABS)
    assert "429" in said(await caller.call(labs=...))
    assert len(caller.server.seen) == 1


@pytest.mark.parametrize("status", [429, 503])
async def test_a_wait_that_does_not_fit_into_the_budget_is_not_begun(caller: Caller, status: int) -> None:
    """It ends with what the server said, at once, and not when the budget is spent."""
    caller.server.on("Observation", Answer(status=status, headers={"Retry-After": "30"}), LABS)
    gathered = await caller.call(labs=...)
    assert str(status) in said(gathered)
    assert "timeout" not in gathered.fetch_errors
    assert len(caller.server.seen) == 1


async def test_the_number_of_attempts_is_bounded(caller: Caller) -> None:
    caller.server.on("Observation", Answer(status=503))
    await caller.call(fetcher=caller.fetcher(attempts=4), labs=...)
    assert len(caller.server.seen) == 4


async def test_each_page_has_its_own_attempts(caller: Caller) -> None:
    away = Answer(status=503)
    more = Answer(bundle([potassium(3.0, "first")], link=[{"relation": "next", "url": "?page=2"}]))
    caller.server.on("Observation", away, away, more, away, away, LABS)
    assert ids(await caller.call(labs=...)) == ["first", "k"]


async def test_a_server_that_refuses_the_page_size_is_asked_without(caller: Caller) -> None:
    caller.server.on("Observation", Answer(status=400), LABS)
    gathered = await caller.call(labs=...)
    assert ids(gathered) == ["k"]
    first, second = caller.server.seen
    assert first.parameters == {**second.parameters, "_count": "200"}


async def test_an_instance_that_is_refused_has_no_page_size_to_leave_out(caller: Caller) -> None:
    caller.server.on(f"Patient/{PATIENT_ID}", Answer(status=400))
    assert "400" in said(await caller.call(patient=...), "patient")
    assert len(caller.server.seen) == 1
