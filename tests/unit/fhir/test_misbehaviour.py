"""Whatever a FHIR server does, the call ends within its budget and says what happened (protocol F4, F5)."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
from dataclasses import replace

import pytest

from app.chart.version import FhirVersion
from app.fhir.access import Access
from app.outbound.client import build_client
from app.outbound.policy import Policy
from tests.support.charts import bundle, potassium
from tests.support.fhir_server import OUTCOME, Answer, Ending, FhirServer
from tests.support.gathering import TOKEN, Caller, ids, said

LABS = Answer(bundle([potassium(2.9)]))
BODY = json.dumps(LABS.body)
NEXT = {"relation": "next", "url": "Observation?page=2"}
FIRST = Answer(bundle([potassium(3.0, "first")], link=[NEXT]))
SHORT = 0.3


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (400, "bad-request", "answered 400 (bad request)"),
        (401, "unauthorized", "answered 401 (the token was not accepted)"),
        (403, "forbidden", "answered 403 (the token does not allow this)"),
        (404, "not-found", "answered 404 (not found)"),
        (410, "not-found", "answered 410 (deleted)"),
        (429, "rate-limited", "answered 429 (too many requests)"),
        (418, "other-status", "answered 418"),
        (500, "server-error", "answered 500 (internal server error)"),
        (502, "server-error", "answered 502 (bad gateway)"),
        (503, "server-error", "answered 503 (service unavailable)"),
        (504, "server-error", "answered 504 (gateway timeout)"),
        (204, "other-status", "answered 204 (no content)"),
    ],
)
async def test_f5_a_status_other_than_200_is_named(caller: Caller, status: int, kind: str, words: str) -> None:
    caller.server.on("Observation", Answer("" if status == 204 else OUTCOME, status=status))
    gathered = await caller.call(labs=...)
    assert said(gathered).startswith(f"was not sent, and could not be fetched: the FHIR server {words}")
    assert gathered.fetch_errors == (kind,)
    assert gathered.sources["labs"] == "unavailable"


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (Answer("<html>Please log in</html>", content_type="text/html"), "not-json", "HTML"),
        (Answer("\n <Bundle xmlns='http://hl7.org/fhir'/>"), "not-json", "XML in place of JSON"),
        (Answer("Bad things", content_type="text/plain"), "not-json", "not JSON"),
        (Answer(""), "truncated", "breaks off"),
        (Answer(BODY[:-40]), "truncated", "JSON that breaks off"),
        (Answer(b'{"resourceType": "Bundle", "id": "\xff"}'), "not-json", "not JSON"),
        (Answer('{"resourceType": "Bundle", "meta": ' + "[" * 100_000), "not-json", "not JSON"),
        (Answer([]), "not-fhir", "not a FHIR resource"),
        (Answer({"data": []}), "not-fhir", "not a FHIR resource"),
        (Answer({"resourceType": "Patient", "id": "p1"}), "not-fhir", "answered with no Observation"),
        (Answer(OUTCOME), "operation-outcome", "answered with an OperationOutcome"),
        (Answer(bundle([OUTCOME])), "operation-outcome", "answered with an OperationOutcome"),
        (Answer(b"not gzip", headers={"Content-Encoding": "gzip"}), "not-json", "decompressed"),
    ],
)
async def test_f5_a_200_that_is_no_answer_is_named(caller: Caller, answer: Answer, kind: str, words: str) -> None:
    caller.server.on("Observation", answer)
    gathered = await caller.call(labs=...)
    assert words in said(gathered)
    assert said(gathered).startswith("was not sent, and could not be fetched: ")
    assert "log in" not in said(gathered)
    assert gathered.sources["labs"] == "unavailable"
    assert gathered.fetch_errors == (kind,)
    assert len(caller.server.seen) == 1


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("ending", ["silent", "stalled"])
async def test_f5_a_server_that_never_finishes_costs_the_budget_and_no_more(
    caller: Caller, ending: Ending, chunked: bool
) -> None:
    caller.server.on("Observation", replace(LABS, ending=ending, chunked=chunked))
    gathered = await caller.call(SHORT, labs=..., orders=...)
    assert said(gathered) == "was not sent, and could not be fetched: the FHIR server did not answer in time"
    assert gathered.fetch_errors == ("timeout",)
    assert gathered.sources["orders"] == "fetched"


async def test_f5_a_server_that_drips_costs_the_budget_and_no_more(caller: Caller) -> None:
    """No single step of it takes long."""
    caller.server.on("Observation", replace(LABS, ending="dripping", chunked=True))
    assert (await caller.call(SHORT, labs=...)).fetch_errors == ("timeout",)


@pytest.mark.parametrize("chunked", [False, True])
async def test_f5_an_answer_that_breaks_off_is_asked_for_again(caller: Caller, chunked: bool) -> None:
    caller.server.on("Observation", replace(LABS, ending="broken", chunked=chunked), LABS)
    gathered = await caller.call(labs=...)
    assert ids(gathered) == ["k"]
    assert gathered.chart.unavailable == ()


async def test_f5_an_answer_that_always_breaks_off_is_named(caller: Caller) -> None:
    caller.server.on("Observation", replace(LABS, ending="broken"))
    gathered = await caller.call(labs=...)
    assert said(gathered).endswith("the FHIR server broke off its answer")
    assert gathered.fetch_errors == ("truncated",)
    assert len(caller.server.seen) == 3


async def test_f5_a_server_that_is_not_there_is_named(caller: Caller) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        access = Access(f"http://127.0.0.1:{unused.getsockname()[1]}/fhir", TOKEN, version=FhirVersion.R4)
        gathered = await caller.gather(None, access)
    assert set(gathered.fetch_errors) == {"connection"}
    assert gathered.chart.unavailable[0].reason.endswith("the FHIR server could not be reached")


async def test_f4_an_address_that_may_not_be_called_is_named(server: FhirServer) -> None:
    async with build_client(Policy()) as http:
        gathered = await Caller(http, server).call(labs=...)
    assert said(gathered).endswith("the address of the FHIR server is not one that may be called")
    assert gathered.fetch_errors == ("forbidden-address",)
    assert server.seen == []


async def test_f5_one_budget_holds_for_all_pages_together(caller: Caller) -> None:
    """Each page comes quickly; there is no end to them, and no two are alike."""
    pages = iter(range(10**6))

    def page(_seen: object) -> Answer:
        number = next(pages)
        more = {"relation": "next", "url": f"Observation?page={number}"}
        return Answer(bundle([potassium(3.0, f"k{number}")], link=[more]), latency=0.02)

    caller.server.on("Observation", page)
    gathered = await caller.call(SHORT, fetcher=caller.fetcher(pages=10**6), labs=...)
    assert 0 < len(ids(gathered)) < 20
    assert "page" in said(gathered)
    assert said(gathered).endswith("the FHIR server did not answer in time")


async def test_f3_the_pages_that_came_before_a_failure_count(caller: Caller) -> None:
    caller.server.on("Observation", FIRST, Answer("<html>", content_type="text/html"))
    gathered = await caller.call(labs=...)
    assert ids(gathered) == ["first"]
    assert said(gathered).startswith("was cut short after 1 page: the FHIR server answered with HTML")
    assert gathered.sources["labs"] == "fetched"
    assert gathered.fetch_errors == ("not-json",)


async def test_f3_a_budget_that_is_spent_before_it_begins_is_no_error(caller: Caller) -> None:
    gathered = await caller.call(0.0, labs=..., orders=...)
    assert gathered.fetch_errors == ("timeout", "timeout")
    assert caller.server.seen == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_f4_a_redirect_is_not_followed(caller: Caller, elsewhere: FhirServer, status: int) -> None:
    """The other server fails the test when it is called at all, with or without the token."""
    caller.server.on("Observation", Answer(status=status, headers={"Location": f"{elsewhere.url}/Observation"}))
    gathered = await caller.call(labs=...)
    assert said(gathered).endswith(f"the FHIR server answered {status}, a redirect, which is not followed")
    assert gathered.fetch_errors == ("redirect",)


async def test_f4_a_redirect_on_the_same_server_is_not_followed(caller: Caller) -> None:
    caller.server.on("Observation", Answer(status=307, headers={"Location": f"{caller.server.url}/Condition"}))
    await caller.call(labs=...)
    assert caller.server.asked("Condition") == []


async def test_an_answer_beyond_its_limit_is_refused(caller: Caller) -> None:
    caller.server.on("Observation", LABS)
    gathered = await caller.call(fetcher=caller.fetcher(response_bytes=len(BODY) - 1), labs=...)
    assert said(gathered).endswith("the answer of the FHIR server is too large")
    assert gathered.fetch_errors == ("too-large",)
    assert ids(await caller.call(fetcher=caller.fetcher(response_bytes=len(BODY)), labs=...)) == ["k"]


async def test_a_small_answer_that_unpacks_into_a_large_one_is_refused(caller: Caller) -> None:
    packed = gzip.compress(b" " * 2_000_000 + BODY.encode())
    caller.server.on("Observation", Answer(packed, headers={"Content-Encoding": "gzip"}))
    assert ids(await caller.call(labs=...)) == ["k"]
    gathered = await caller.call(fetcher=caller.fetcher(response_bytes=1_000_000), labs=...)
    assert gathered.fetch_errors == ("too-large",)


async def test_all_answers_to_a_call_share_one_limit(caller: Caller) -> None:
    pages = [Answer(bundle([potassium(3.0, f"k{n}")], link=[{**NEXT, "url": f"Observation?page={n}"}])) for n in (1, 2)]
    caller.server.on("Observation", *pages)
    gathered = await caller.call(fetcher=caller.fetcher(call_bytes=len(pages[0].content)), labs=...)
    assert ids(gathered) == ["k1"]
    assert gathered.fetch_errors == ("too-large",)


async def test_a_call_that_timed_out_leaves_its_connections_to_the_next(server: FhirServer) -> None:
    """A pool of two is used up by each of these calls; a connection that was lost would block the last one."""
    server.on("Observation", *[replace(LABS, ending="silent")] * 4, LABS)
    async with build_client(Policy(loopback=True), connections=2) as http:
        caller = Caller(http, server)
        for _ in range(2):
            await caller.call(SHORT, labs=..., findings=..., scores=..., orders=...)
        gathered = await caller.call(labs=..., findings=..., scores=..., orders=...)
    assert gathered.chart.unavailable == ()


async def test_many_calls_wait_their_turn_in_a_small_pool(server: FhirServer) -> None:
    async with build_client(Policy(loopback=True), connections=2) as http:
        gathered = await Caller(http, server).gather(None, Access(server.url, TOKEN, version=FhirVersion.R4))
    assert gathered.chart.unavailable == ()
    assert server.most_at_once <= 2


async def test_the_requests_of_all_calls_together_are_bounded(caller: Caller) -> None:
    fetcher, access = caller.fetcher(at_once=4), Access(caller.server.url, TOKEN, version=FhirVersion.R4)
    calls = [caller.at_once(None, access, fetcher) for _ in range(5)]
    assert [gathered.chart.unavailable for gathered in await asyncio.gather(*calls)] == [()] * 5
    assert caller.server.most_at_once <= 4


async def test_a_call_whose_turn_does_not_come_ends_in_time_and_says_that_the_server_was_not_asked(
    caller: Caller,
) -> None:
    caller.server.on("Observation", replace(LABS, ending="silent"))
    gathered = await caller.call(SHORT, caller.fetcher(at_once=1), labs=..., orders=...)
    assert {one.input: one.reason.partition("fetched: ")[2] for one in gathered.chart.unavailable} == {
        "labs": "the FHIR server did not answer in time",
        "orders": "too many requests to FHIR servers are waiting",
    }
    assert gathered.fetch_errors == ("timeout", "too-many-waiting")
    assert caller.server.asked("ServiceRequest") == []
    gathered = await caller.call(orders=...)
    assert gathered.chart.unavailable == ()
