"""No server's requests wait for those of another longer than one of them takes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from app.chart.version import FhirVersion
from app.fhir.access import Access
from app.fhir.turns import Turns
from tests.support.charts import patient
from tests.support.fhir_server import FhirServer
from tests.support.gathering import COMPLETE, TOKEN, Caller

SECONDS_AN_ANSWER = 0.1
MOST = 4


class Crowd:
    """Requests that take and hold turns, and end when they are told to."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.began: list[str] = []
        self.under_way: Counter[str] = Counter()
        self.most = 0

    def send(self, server: str, patience: float = 60.0) -> tuple[asyncio.Task[None], asyncio.Event]:
        """One more request, and what ends it."""
        end = asyncio.Event()
        return asyncio.create_task(self._ask(server, end, patience)), end

    async def _ask(self, server: str, end: asyncio.Event, patience: float) -> None:
        async with self.turns.take(server, asyncio.get_running_loop().time() + patience):
            self.began.append(server)
            self.under_way[server] += 1
            self.most = max(self.most, self.under_way.total())
            try:
                await end.wait()
            finally:
                self.under_way[server] -= 1


async def settle() -> None:
    """Let every task go on as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_one_server_may_have_all_turns_while_nobody_else_wants_any() -> None:
    crowd = Crowd(Turns(3))
    requests = [crowd.send("slow") for _ in range(5)]
    await settle()
    assert crowd.under_way == {"slow": 3}
    for _, end in requests:
        end.set()
    await asyncio.gather(*(task for task, _ in requests))
    assert crowd.most == 3


async def test_the_first_turn_that_ends_goes_to_the_server_that_has_none() -> None:
    crowd = Crowd(Turns(3))
    slow = [crowd.send("slow") for _ in range(50)]
    quick = crowd.send("quick")
    await settle()
    slow[0][1].set()
    await settle()
    assert crowd.began == ["slow", "slow", "slow", "quick"]
    for _, end in (*slow, quick):
        end.set()
    await asyncio.gather(*(task for task, _ in (*slow, quick)))


async def test_servers_that_all_want_more_come_to_have_equally_many() -> None:
    crowd = Crowd(Turns(6))
    requests = [crowd.send(server) for server in ["a"] * 30 + ["b"] * 30 + ["c"] * 30]
    await settle()
    assert crowd.under_way == {"a": 6}
    for _, end in requests[:6]:
        end.set()
    await settle()
    assert crowd.under_way == {"a": 2, "b": 2, "c": 2}
    for _, end in requests:
        end.set()
    await asyncio.gather(*(task for task, _ in requests))


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["end", "give up", "cancel", "cancel at once"])), max_size=30
    ),
    st.integers(1, 4),
)
def test_no_turn_is_lost_whoever_leaves_and_whenever(requests: Sequence[tuple[str, str]], most: int) -> None:
    asyncio.run(_come_and_go(requests, most))


async def _come_and_go(requests: Sequence[tuple[str, str]], most: int) -> None:
    crowd = Crowd(Turns(most))
    tasks = []
    for server, fate in requests:
        task, end = crowd.send(server, patience=0.0 if fate == "give up" else 60.0)
        tasks.append(task)
        if fate != "cancel at once":
            await asyncio.sleep(0)
        if fate.startswith("cancel"):
            task.cancel()
        else:
            end.set()
    async with asyncio.timeout(1):
        await asyncio.gather(*tasks, return_exceptions=True)
        assert crowd.most <= most
        after = [crowd.send("d") for _ in range(most)]
        await settle()
        assert crowd.under_way.total() == most
        for _, end in after:
            end.set()
        await asyncio.gather(*(task for task, _ in after))


async def test_a_call_is_answered_beside_another_server_that_is_slow_and_asked_a_lot(caller: Caller) -> None:
    """Fifty requests wait for the slow one, which answers forty a second; in line behind them the call would end."""
    prefetch = {key: value for key, value in COMPLETE.items() if key not in ("labs", "orders")}
    with FhirServer([patient()], latency=SECONDS_AN_ANSWER) as slow:
        fetcher = caller.fetcher(at_once=MOST)
        crowd = [
            asyncio.create_task(caller.at_once(None, Access(slow.url, TOKEN, version=FhirVersion.R4), fetcher))
            for _ in range(5)
        ]
        await settle()  # all of them wait for a turn, or have one
        access = Access(caller.server.url, TOKEN, version=FhirVersion.R4)
        gathered = await caller.at_once(prefetch, access, fetcher, budget=6 * SECONDS_AN_ANSWER)
        assert gathered.chart.unavailable == ()
        assert [one.chart.unavailable for one in await asyncio.gather(*crowd)] == [()] * 5
