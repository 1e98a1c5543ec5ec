"""Links to further pages: relative, opaque, in a circle, and to where the token must not go (protocol F4, F5)."""

from __future__ import annotations

from itertools import count

import pytest

from app.chart.decode import Link
from app.fhir.failure import FetchFailed, Kind
from app.fhir.link import next_request
from tests.support.charts import bundle, potassium
from tests.support.fhir_server import Answer, FhirServer
from tests.support.gathering import TOKEN, Caller, ids, said

BASE = "https://ehr.example/fhir"


def page(name: str, following: str | None) -> Answer:
    link = [{"relation": "self", "url": "Observation"}]
    link += [{"relation": "next", "url": following}] if following is not None else []
    return Answer(bundle([potassium(3.0, name)], link=link))


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("?page=2", f"{BASE}/Observation?page=2"),
        ("Observation?page=2", f"{BASE}/Observation?page=2"),
        ("/fhir/Observation?page=2", f"{BASE}/Observation?page=2"),
        ("/pages/0b9f-opaque", "https://ehr.example/pages/0b9f-opaque"),
        (f"{BASE}?_getpages=0b9f-opaque&_getpagesoffset=20", f"{BASE}?_getpages=0b9f-opaque&_getpagesoffset=20"),
        ("HTTPS://EHR.example:443/fhir?p=2", f"{BASE}?p=2"),
        (f"{BASE}/Observation?p=a%2Fb%7Cc#top", f"{BASE}/Observation?p=a%2Fb%7Cc"),
    ],
)
def test_a_link_is_understood_as_it_is_meant(url: str, meant: str) -> None:
    assert next_request(Link("next", url), BASE, "Observation").url == meant


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/fhir/Observation",
        "//evil.example/fhir",
        "http://ehr.example/fhir?page=2",
        "https://ehr.example:8443/fhir?page=2",
        "https://ehr.example.evil.example/fhir",
    ],
)
def test_f4_a_link_to_another_origin_is_refused(url: str) -> None:
    with pytest.raises(FetchFailed) as refused:
        next_request(Link("next", url), BASE, "Observation")
    assert refused.value.kind is Kind.OTHER_ORIGIN


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "https://[::1",
        "https://ehr.example/\n",
        "urn:uuid:0b9f",
        "file:///etc/passwd",
        "https://ehr.example@evil.example/fhir",
        "https://user:password@ehr.example/fhir",
        "https://evil.example\\@ehr.example/fhir",
    ],
)
def test_f4_a_link_that_is_no_plain_url_is_refused(url: str | None) -> None:
    with pytest.raises(FetchFailed) as refused:
        next_request(Link("next", url), BASE, "Observation")
    assert refused.value.kind is Kind.NOT_FHIR


@pytest.mark.parametrize(
    "link", ["?page=2", "Observation?page=2", "/fhir/Observation?page=2", "{url}/Observation?page=2"]
)
async def test_all_pages_are_fetched_with_the_token(caller: Caller, link: str) -> None:
    caller.server.on(
        "Observation", page("a", link.format(url=caller.server.url)), page("b", "?page=3"), page("c", None)
    )
    gathered = await caller.call(labs=...)
    assert ids(gathered) == ["a", "b", "c"]
    assert gathered.chart.unavailable == ()
    assert [one.target for one in caller.server.seen][1:] == ["/fhir/Observation?page=2", "/fhir/Observation?page=3"]
    assert {one.headers["authorization"] for one in caller.server.seen} == {f"Bearer {TOKEN}"}


async def test_an_opaque_link_is_followed_wherever_it_leads_on_the_server(caller: Caller) -> None:
    caller.server.on("Observation", page("a", f"{caller.server.origin}/fhir?_getpages=0b9f&_getpagesoffset=20"))
    caller.server.on("", page("b", None))
    assert ids(await caller.call(labs=...)) == ["a", "b"]
    assert caller.server.seen[-1].target == "/fhir?_getpages=0b9f&_getpagesoffset=20"


async def test_f4_a_page_elsewhere_is_not_fetched_and_the_cut_is_named(caller: Caller, elsewhere: FhirServer) -> None:
    """The other server fails the test when it is called at all."""
    caller.server.on("Observation", page("a", f"{elsewhere.url}/Observation?page=2"))
    gathered = await caller.call(labs=...)
    assert ids(gathered) == ["a"]
    assert said(gathered) == "was cut short after 1 page: the link to the next page leads to another server"
    assert gathered.fetch_errors == ("other-origin",)


async def test_f4_a_prefetched_page_cannot_lead_the_token_elsewhere(caller: Caller, elsewhere: FhirServer) -> None:
    link = {"relation": "next", "url": f"{elsewhere.url}/Observation?page=2"}
    gathered = await caller.call(labs=bundle([potassium(3.0, "a")], link=[link]))
    assert ids(gathered) == ["a"]
    assert "another server" in said(gathered)
    assert caller.server.seen == []


@pytest.mark.parametrize("circle", [["?page=2", "?page=2"], ["?page=2", "?page=3", "?page=2"]])
async def test_f5_a_circle_of_links_is_seen(caller: Caller, circle: list[str]) -> None:
    caller.server.on("Observation", *[page(f"k{number}", link) for number, link in enumerate(circle)])
    gathered = await caller.call(labs=...)
    assert len(ids(gathered)) == len(circle)
    assert said(gathered).endswith("the pages of the FHIR server go in a circle")
    assert gathered.fetch_errors == ("endless-pages",)


async def test_f5_the_same_page_under_ever_new_links_is_seen(caller: Caller) -> None:
    numbers = count()
    caller.server.on("Observation", lambda _seen: page("same", f"?page={next(numbers)}"))
    gathered = await caller.call(labs=...)
    assert ids(gathered) == ["same"]
    assert said(gathered).endswith("the FHIR server sends the same page again and again")
    assert len(caller.server.seen) == 2


async def test_f5_pages_without_end_are_cut(caller: Caller) -> None:
    numbers = count()

    def another(_seen: object) -> Answer:
        number = next(numbers)
        return page(f"k{number}", f"?page={number}")

    caller.server.on("Observation", another)
    gathered = await caller.call(fetcher=caller.fetcher(pages=5), labs=...)
    assert len(ids(gathered)) == len(caller.server.seen) == 5
    assert said(gathered) == "was cut short after 5 pages: the FHIR server has more than 5 pages"


async def test_an_empty_page_in_between_ends_nothing(caller: Caller) -> None:
    """Servers that filter after they have cut pages send such."""
    empty = Answer(bundle([], link=[{"relation": "next", "url": "?page=3"}]))
    caller.server.on("Observation", page("a", "?page=2"), empty, page("c", None))
    assert ids(await caller.call(labs=...)) == ["a", "c"]


async def test_a_last_page_that_says_nothing_new_is_an_end(caller: Caller) -> None:
    caller.server.on("Observation", page("a", "?page=2"), page("a", None))
    gathered = await caller.call(labs=...)
    assert ids(gathered) == ["a"]
    assert gathered.chart.unavailable == ()


async def test_pages_that_overlap_count_each_resource_once(caller: Caller) -> None:
    both = Answer(bundle([potassium(3.0, "a"), potassium(3.0, "b")]))
    caller.server.on("Observation", page("a", "?page=2"), both)
    gathered = await caller.call(labs=...)
    assert ids(gathered) == ["a", "b"]
    assert gathered.chart.unavailable == ()
