"""Attempts to have the service call what it must not, or tell a token to whom it must not (protocol F1, F4, F5)."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import httpcore
import httpx
import pytest

from app.outbound.connect import Network
from app.outbound.lookups import resolve_by_system
from tests.security.conftest import Site
from tests.support.charts import bundle, foot_drop, patient, potassium
from tests.support.fetching import NO_BASE_URL, UNREGISTERED
from tests.support.fhir_server import Answer, FhirServer, Seen
from tests.support.hooks import AUTHORIZATION, TOKEN, URL, answered, reaching, refused, unavailable, without
from tests.support.hospital import hospital, registration, signed

PUBLIC = "93.184.216.34"
ZIP_BOMB = gzip.compress(b" " * 50_000_000, 1)
FORBIDDEN = "the address of the FHIR server is not one that may be called"
NOT_CALLED = ({"labs": UNREGISTERED}, {"labs": NO_BASE_URL})


def lacking(site: Site, server: str) -> dict[str, str]:
    """What could not be had when the laboratory results are at this server."""
    return unavailable(answered(site.ask_reaching(server, prefetch=without("labs"))))


def saw_nothing(site: Site) -> bool:
    return not any(server.seen for server in site.fhir_servers)


@pytest.mark.parametrize(
    "server",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://169.254.169.254/fhir",
        "https://[fd00:ec2::254]/fhir",
        "https://[::ffff:169.254.169.254]/fhir",
        "https://metadata.google.internal/computeMetadata/v1",
        "https://100.100.100.200/latest",
        "https://localhost/fhir",
        "https://10.0.0.1/fhir",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "ftp://127.0.0.1/",
        "https://[fe80::1%25eth0]/fhir",
        "https://[fe80::1%eth0]/fhir",
        "https://",
        "//evil.example/fhir",
        "not a url",
        "",
    ],
)
def test_a_fhir_server_that_is_not_registered_is_not_called(site: Site, server: str) -> None:
    elements = reaching(server, prefetch=without("labs"))
    response = site.post(elements)
    if server:
        assert unavailable(answered(response)) in NOT_CALLED
    else:
        refused(response, 400)
    assert saw_nothing(site)


@pytest.mark.parametrize(
    "trick",
    [
        "{scheme}user:password@{host}/fhir",
        "{scheme}evil.example@{host}/fhir",
        "{scheme}{host}@evil.example/fhir",
        "{scheme}{host}/fhir#@evil.example",
        "{scheme}{host}/fhir?x=1",
        "{scheme}{host}.evil.example/fhir",
        "{scheme}evil.example\\@{host}/fhir",
        "{scheme}{host}/fhir/../admin",
        "{scheme}{host}/fhir/%2e%2e/admin",
        "{scheme}{host}/fhir\r\nX-Injected: 1",
        "{scheme}{host}/fhir\t",
        " {scheme}{host}/fhir",
        "{scheme}{fullwidth}/fhir",
        "https://{host}/fhir",
        "{scheme}{host}0/fhir",
        "{scheme}{host}/FHIR",
    ],
)
def test_what_only_looks_like_the_registered_server_is_not_called(site: Site, trick: str) -> None:
    scheme, _, host = site.ehr.origin.partition("//")
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter.isdigit() else letter for letter in host)
    server = trick.format(scheme=f"{scheme}//", host=host, fullwidth=wide)
    assert lacking(site, server) in NOT_CALLED
    assert saw_nothing(site)


def test_the_registered_server_is_called_under_each_spelling_of_its_url(site: Site) -> None:
    for server in (site.ehr.url, f"{site.ehr.url}/", site.ehr.url.replace("http", "HTTP")):
        site.ehr.seen.clear()
        assert lacking(site, server) == {}
        assert site.ehr.asked("Observation")


def test_a_next_link_to_another_origin_is_not_followed(site: Site) -> None:
    for target in (
        f"{site.stranger.url}/Observation?page=2",
        site.stranger.origin.replace("http:", "") + "/fhir/Observation",
        f"{site.ehr.origin}@{site.stranger.origin.removeprefix('http://')}/fhir",
        f"\\\\{site.stranger.origin.removeprefix('http://')}/fhir",
        f"http:{site.stranger.origin.removeprefix('http:')}/fhir",
    ):
        link = [{"relation": "next", "url": target}]
        site.ehr.on("Observation", Answer(bundle([potassium(4.0)], link=link)))
        assert lacking(site, site.ehr.url)["labs"].startswith("was cut short after 1 page: the link to the next page")
    assert site.stranger.seen == []


def test_a_redirect_leaks_no_token(site: Site) -> None:
    for status in (301, 302, 303, 307, 308):
        away = Answer(status=status, headers={"Location": f"{site.stranger.url}/Observation"})
        site.ehr.on("Observation", away)
        assert "a redirect, which is not followed" in lacking(site, site.ehr.url)["labs"]
    assert site.stranger.seen == []


def test_a_redirect_within_the_server_is_not_followed_either(site: Site) -> None:
    site.ehr.on("Observation", Answer(status=302, headers={"Location": f"{site.ehr.origin}/admin"}))
    assert "redirect" in lacking(site, site.ehr.url)["labs"]
    assert {seen.path for seen in site.ehr.seen} == {"Observation"}


def test_a_token_that_would_make_a_second_header_is_refused(site: Site) -> None:
    for token in ("a\r\nX-Injected: 1", "a\nb", "a\x00b", "töken", "a b", ""):
        authorization = AUTHORIZATION | {"access_token": token}
        response = site.ask_reaching(site.ehr.url, fhirAuthorization=authorization, prefetch=without("labs"))
        refused(response, 400)
    assert saw_nothing(site)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(ZIP_BOMB, headers={"Content-Encoding": "gzip"}),
        Answer(gzip.compress(ZIP_BOMB), headers={"Content-Encoding": "gzip, gzip"}),
        Answer(ZIP_BOMB, headers={"Content-Encoding": "deflate"}),
        Answer(b" " * 9_000_000),
        Answer(b"[" * 1_000_000),
        Answer(b'{"resourceType":"Bundle","entry":' + b'{"a":' * 100_000),
        Answer(b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Observation","id":NaN}}]}'),
        Answer("<html>" + TOKEN),
        Answer(b"\xff\xfe{}"),
        Answer(b""),
        Answer(status=204),
        Answer(status=999, headers={"Retry-After": "99999999999999999999"}),
        Answer(ending="silent"),
        Answer(bundle([potassium(4.0)]), ending="broken"),
        Answer(bundle([potassium(4.0)]), headers={"Content-Encoding": "gzip"}),
    ],
    ids=lambda answer: f"{answer.status}-{len(answer.content)}-{answer.ending}",
)
def test_a_hostile_answer_ends_in_a_clear_outcome(hurried: Hurried, answer: Answer) -> None:
    hurried.server.on("Observation", answer)
    (reason,) = hurried.lacking(hurried.server.url).values()
    hurried.server.on("Observation")
    assert "could not be fetched: the " in reason
    assert TOKEN not in reason
    assert len(reason) < 200


def test_pages_without_end_come_to_an_end(site: Site) -> None:
    def page(seen: Seen) -> Answer:
        number = len(site.ehr.seen)
        link = [{"relation": "next", "url": f"{site.ehr.url}/Observation?page={number}"}]
        return Answer(bundle([potassium(4.0, f"k{number}")], link=link))

    site.ehr.on("Observation", page)
    assert lacking(site, site.ehr.url)["labs"].startswith("was cut short after ")
    assert len(site.ehr.seen) <= 101


def test_a_proxy_of_the_environment_sees_nothing(hurried: Hurried) -> None:
    assert hurried.lacking(hurried.server.url) == {}
    assert hurried.server.seen
    assert hurried.proxy.seen == []


def test_a_name_that_resolves_to_loopback_is_not_called(hurried: Hurried) -> None:
    (reason,) = hurried.lacking(hurried.inward).values()
    assert reason.endswith(FORBIDDEN)
    assert hurried.proxy.seen == []


def test_a_name_that_is_rebound_reaches_only_what_was_checked(hurried: Hurried) -> None:
    """Its name server says a public address to whoever checks, and loopback to whoever asks again."""
    (reason,) = hurried.lacking(hurried.rebound).values()
    assert reason.endswith(FORBIDDEN)
    assert hurried.internet.dialled == [PUBLIC]
    assert hurried.proxy.seen == []


class Internet(httpcore.AsyncNetworkBackend):
    """Names as hostile name servers have them, and no way to a public address but a note of who was dialled."""

    def __init__(self) -> None:
        self.dialled: list[str] = []
        self._rebound = iter([PUBLIC])
        self._real = httpcore.AnyIOBackend()

    async def resolve(self, host: str, port: int) -> list[str]:
        if host == "rebound.example":
            return [next(self._rebound, "127.0.0.1")]
        return ["127.0.0.1"] if host == "inward.example" else await resolve_by_system(host, port)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's interface)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        if host == PUBLIC:
            self.dialled.append(host)
            raise httpcore.ConnectError("there is no Internet in a test")
        return await self._real.connect_tcp(host, port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await self._real.sleep(seconds)


@dataclass(frozen=True)
class Hurried:
    """A service whose calls may take half a second; `inward` and `rebound` lead to `proxy`, if anything does."""

    service: httpx.Client
    server: FhirServer
    proxy: FhirServer
    internet: Internet

    @property
    def inward(self) -> str:
        return f"https://inward.example:{self._port}/fhir"

    @property
    def rebound(self) -> str:
        return f"https://rebound.example:{self._port}/fhir"

    @property
    def _port(self) -> str:
        return self.proxy.origin.rpartition(":")[2]

    def lacking(self, server: str) -> dict[str, str]:
        body = reaching(server, prefetch=without("labs"))
        return unavailable(answered(self.service.post(URL, json=body, headers=signed(URL))))


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hurried]:
    """The service is started where the environment names a proxy."""
    with FhirServer([patient(), foot_drop()]) as server, FhirServer() as proxy, pytest.MonkeyPatch.context() as patch:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            patch.setenv(name, proxy.origin)
        internet = Internet()
        patch.setattr("app.outbound.client.Network", lambda: Network(internet.resolve, internet))
        made = Hurried(httpx.Client(), server, proxy, internet)
        servers = [{"url": url, "version": "R4"} for url in (server.url, made.inward, made.rebound)]
        client = registration(fhir_servers=servers, fetch_budget=0.7)
        with hospital(tmp_path_factory.mktemp("hurried"), client) as service, made.service:
            yield replace(made, service=service)
