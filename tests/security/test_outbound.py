"""Attacks on the calls that the service makes: each against a real server that must see nothing of it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import httpcore
import httpx
import pytest
import trustme

from app.outbound.client import build_client
from app.outbound.connect import Network
from app.outbound.errors import ForbiddenAddress
from app.outbound.lookups import Resolve, resolve_by_system
from app.outbound.policy import Policy
from tests.support.listener import Listener, listening
from tests.support.outbound import get

_PUBLIC = "93.184.216.34"
_UNSPECIFIED = "0.0.0.0"  # noqa: S104 (refused here, not bound to)
_TOKEN = {"Authorization": "Bearer the-token"}


class Internet(httpcore.AsyncNetworkBackend):
    """Stands in for the network beyond this machine: whatever is dialled, a local server is reached."""

    def __init__(self, port: int) -> None:
        self.dialled: list[str] = []
        self._port = port
        self._real = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's interface)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.dialled.append(host)
        return await self._real.connect_tcp("127.0.0.1", self._port, timeout)


def _names(*answers: str | tuple[str, ...]) -> Resolve:
    """A resolver that gives one answer after the other, and the last for ever."""
    left = list(answers)

    async def resolve(host: str, port: int) -> tuple[str, ...]:
        answer = left.pop(0) if len(left) > 1 else left[0]
        return (answer,) if isinstance(answer, str) else answer

    return resolve


@pytest.fixture
async def victim() -> AsyncIterator[Listener]:
    """A server on this machine that nobody outside may reach."""
    async with listening() as listener:
        yield listener


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


def _tls(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


async def _refused(policy: Policy, url: str, resolve: Resolve = resolve_by_system) -> None:
    async with build_client(policy, network=Network(resolve)) as client:
        with pytest.raises(ForbiddenAddress):
            await get(client, url, headers=_TOKEN)


async def test_a_name_that_resolves_to_loopback_is_not_called(victim: Listener) -> None:
    await _refused(Policy(), f"https://ehr.example:{victim.port}/fhir", _names("127.0.0.1"))
    assert victim.connections == 0


async def test_a_name_with_a_public_and_a_loopback_address_is_not_called(victim: Listener) -> None:
    await _refused(Policy(), f"https://ehr.example:{victim.port}/", _names((_PUBLIC, "127.0.0.1")))
    assert victim.connections == 0


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "[fd00:ec2::254]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::1]",
        "[fe80::1]",
        "100.64.0.1",
        "10.0.0.1",
        _UNSPECIFIED,
        "[::]",
        "224.0.0.1",
    ],
)
async def test_a_metadata_private_or_odd_address_is_not_called(host: str) -> None:
    await _refused(Policy(), f"https://{host}/latest/meta-data")


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.1",
        "017700000001",
        "127.1",
        "127.0.1",
        "[::ffff:7f00:1]",
        "[::1]",
        "localhost",
    ],
)
async def test_no_spelling_of_a_loopback_address_is_called(victim: Listener, host: str) -> None:
    await _refused(Policy(), f"https://{host}:{victim.port}/")
    assert victim.connections == 0


async def test_octal_numbers_between_dots_are_no_url(victim: Listener) -> None:
    async with build_client(Policy(loopback=True)) as client:
        with pytest.raises(httpx.InvalidURL):
            await get(client, f"http://0177.0.0.1:{victim.port}/")


async def test_development_does_call_loopback_however_it_is_spelt(victim: Listener) -> None:
    async with build_client(Policy(loopback=True)) as client:
        for host in ("127.0.0.1", "2130706433", "localhost"):
            assert (await get(client, f"http://{host}:{victim.port}/")).status_code == 200
    assert len(victim.requests) == 3


async def test_a_registered_private_origin_is_called_and_its_neighbour_is_not(victim: Listener) -> None:
    policy = Policy(frozenset({f"http://fhir.internal:{victim.port}"}))
    async with build_client(policy, network=Network(_names("127.0.0.1"))) as client:
        assert (await get(client, f"http://fhir.internal:{victim.port}/fhir")).text == "ok"
    assert f"host: fhir.internal:{victim.port}" in victim.requests[0].lower()
    await _refused(policy, f"http://mail.internal:{victim.port}/", _names("127.0.0.1"))
    assert len(victim.requests) == 1


async def test_a_name_that_changes_between_check_and_connection_reaches_what_was_checked(
    authority: trustme.CA, bundle: Path, victim: Listener
) -> None:
    async with listening(tls=_tls(authority, "ehr.example")) as server:
        internet = Internet(server.port)
        network = Network(_names(_PUBLIC, "127.0.0.1"), internet)
        async with build_client(Policy(), ca_bundle=bundle, network=network) as client:
            answer = await get(client, f"https://ehr.example:{victim.port}/fhir", headers=_TOKEN)
            assert answer.text == "ok"
    assert internet.dialled == [_PUBLIC]
    assert victim.connections == 0


async def test_a_name_that_changes_before_the_next_connection_is_checked_again(victim: Listener) -> None:
    closing = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
    async with listening(closing) as server:
        policy = Policy(loopback=True)
        network = Network(_names("127.0.0.1", "10.0.0.1"))
        async with build_client(policy, network=network) as client:
            url = f"http://localhost:{server.port}/"
            assert (await get(client, url)).text == "ok"
            with pytest.raises(ForbiddenAddress):
                await get(client, url)


async def test_a_second_address_is_tried_when_the_first_is_out_of_reach(victim: Listener) -> None:
    network = Network(_names(("127.0.0.9", "127.0.0.1")))
    async with build_client(Policy(loopback=True), network=network) as client:
        assert (await get(client, f"http://localhost:{victim.port}/")).text == "ok"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed_and_carries_the_token_nowhere(victim: Listener, status: int) -> None:
    target = f"http://127.0.0.1:{victim.port}/steal"
    head = f"HTTP/1.1 {status} Moved\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
    async with listening(head.encode()) as server, build_client(Policy(loopback=True)) as client:
        answer = await get(client, f"http://127.0.0.1:{server.port}/", headers=_TOKEN)
    assert answer.status_code == status
    assert victim.connections == 0


async def test_a_user_name_in_the_url_is_not_sent(victim: Listener) -> None:
    await _refused(Policy(loopback=True), f"http://ehr.example@127.0.0.1:{victim.port}/")
    assert victim.connections == 0


async def test_a_request_says_who_asks_and_no_more_than_it_was_given(victim: Listener) -> None:
    async with build_client(Policy(loopback=True)) as client:
        await get(client, f"http://127.0.0.1:{victim.port}/fhir", headers=_TOKEN)
    head, *headers = victim.requests[0].strip().split("\r\n")
    assert head == "GET /fhir HTTP/1.1"
    assert {line.partition(":")[0].lower() for line in headers} == {"host", "user-agent", "authorization"}


async def test_a_certificate_of_another_name_is_refused(authority: trustme.CA, bundle: Path) -> None:
    async with listening(tls=_tls(authority, "evil.example")) as server:
        network = Network(_names(_PUBLIC), Internet(server.port))
        async with build_client(Policy(), ca_bundle=bundle, network=network) as client:
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                await get(client, "https://ehr.example/fhir", headers=_TOKEN)
    assert server.requests == []


async def test_a_certificate_of_an_unknown_authority_is_refused(authority: trustme.CA) -> None:
    async with listening(tls=_tls(authority, "ehr.example")) as server:
        network = Network(_names(_PUBLIC), Internet(server.port))
        async with build_client(Policy(), network=network) as client:
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                await get(client, "https://ehr.example/fhir", headers=_TOKEN)
    assert server.requests == []


async def test_a_custom_authority_is_trusted_in_place_of_the_usual_ones(authority: trustme.CA, bundle: Path) -> None:
    async with listening(tls=_tls(authority, "ehr.example")) as server:
        network = Network(_names(_PUBLIC), Internet(server.port))
        async with build_client(Policy(), ca_bundle=bundle, network=network) as client:
            assert (await get(client, "https://ehr.example/fhir")).text == "ok"


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"])
async def test_a_proxy_of_the_environment_is_ignored(
    victim: Listener, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with listening() as proxy:
        monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        async with build_client(Policy(loopback=True)) as client:
            assert (await get(client, f"http://127.0.0.1:{victim.port}/")).text == "ok"
    assert proxy.connections == 0


async def test_certificates_of_the_environment_are_ignored(
    authority: trustme.CA, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    async with listening(tls=_tls(authority, "ehr.example")) as server:
        network = Network(_names(_PUBLIC), Internet(server.port))
        async with build_client(Policy(), network=network) as client:
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                await get(client, "https://ehr.example/fhir")


async def test_a_proxy_by_setting_is_used_and_hears_of_no_forbidden_address(victim: Listener) -> None:
    policy = Policy(frozenset({"http://fhir.internal"}))
    async with listening() as proxy:
        url = f"http://127.0.0.1:{proxy.port}"
        async with build_client(policy, proxy=url, network=Network(_names("10.1.2.3"))) as client:
            assert (await get(client, "http://fhir.internal/fhir")).text == "ok"
            for forbidden in ("https://ehr.example/", "https://user@ehr.example/", "http://ehr.example/"):
                with pytest.raises(ForbiddenAddress):
                    await get(client, forbidden)
    assert [request.split("\r\n")[0] for request in proxy.requests] == ["GET http://fhir.internal/fhir HTTP/1.1"]


async def test_a_proxy_resolves_what_has_no_name_here() -> None:
    async def unknown(host: str, port: int) -> tuple[str, ...]:
        raise OSError("no such name")

    async with (
        listening() as proxy,
        build_client(
            Policy(frozenset({"http://fhir.internal"})),
            proxy=f"http://127.0.0.1:{proxy.port}",
            network=Network(unknown),
        ) as client,
    ):
        assert (await get(client, "http://fhir.internal/fhir")).text == "ok"


async def test_no_cookie_of_one_call_is_sent_with_the_next() -> None:
    setting = b"HTTP/1.1 200 OK\r\nSet-Cookie: session=one; Path=/\r\nContent-Length: 2\r\n\r\nok"
    async with listening(setting) as server, build_client(Policy(loopback=True)) as client:
        for _ in range(2):
            await get(client, f"http://localhost:{server.port}/")
    assert len(server.requests) == 2
    assert not any("cookie" in request.lower() for request in server.requests)


async def test_a_name_that_cannot_be_resolved_is_a_transport_error_in_time() -> None:
    async def never(host: str, port: int) -> tuple[str, ...]:
        await asyncio.Event().wait()
        return ()

    async with build_client(Policy(), network=Network(never)) as client:
        with pytest.raises(httpx.ConnectTimeout):
            await get(client, "https://ehr.example/", seconds=0.05)
    async with build_client(Policy()) as client:
        with pytest.raises(httpx.ConnectError):
            await get(client, "https://no-such-name.invalid/")


async def test_the_pool_is_bounded(victim: Listener) -> None:
    silent = b""
    async with listening(silent) as server, build_client(Policy(loopback=True), connections=2) as client:
        calls = [asyncio.create_task(get(client, f"http://localhost:{server.port}/", seconds=0.3)) for _ in range(8)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert server.connections <= 4
    assert {type(outcome) for outcome in outcomes} <= {httpx.PoolTimeout, httpx.ReadTimeout}
    assert any(isinstance(outcome, httpx.PoolTimeout) for outcome in outcomes)
