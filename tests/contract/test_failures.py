"""Protocol R9 and R10: every way to fail, as the description of the interface shows it."""

from __future__ import annotations

import json
import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from app.description.examples import written
from app.description.failures import FAILURES
from app.settings import CARDS
from tests.support.charts import NOW, patient
from tests.support.fhir_server import Answer, FhirServer
from tests.support.hooks import URL, reaching, refused, request, without
from tests.support.hospital import connected, hospital, registration, signed
from tests.support.serving import development, serving

PAGE = "https://ehr.example.org"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A service that takes little, and whose knowledge cannot be read in full any more once it has started."""
    folder = tmp_path_factory.mktemp("narrow")
    cards = folder / "cards"
    shutil.copytree(CARDS, cards)
    settings = development(
        folder / "data",
        cards_dir=cards,
        max_body_bytes=10_000,
        body_timeout=0.5,
        max_concurrent_calls=1,
        fetch_budget=30,
    )
    with serving(settings, lambda: NOW) as url, connected(url) as client:
        cases = next(cards.rglob("*-*.cases.yaml"))
        cases.unlink()
        cases.symlink_to("/proc/self/mem")  # reading it is an I/O error, as on a disk that fails
        yield client


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with hospital(tmp_path_factory.mktemp("hospital"), registration()) as client:
        yield client


Services = tuple[httpx.Client, httpx.Client, httpx.Client]


@pytest.fixture(scope="module")
def services(client: httpx.Client, narrow: httpx.Client, production: httpx.Client) -> Services:
    """In development, with narrow limits, and in production."""
    return client, narrow, production


def slowly(service: httpx.Client) -> httpx.Response:
    """A body that never comes."""
    address = (service.base_url.host, service.base_url.port)
    with socket.create_connection(address, timeout=30) as connection:
        head = (
            f"POST {URL} HTTP/1.1\r\nHost: {address[0]}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"
        )
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    start, _, body = answer.partition(b"\r\n\r\n")
    fields = (line.partition(": ") for line in start.decode().split("\r\n")[1:])
    return httpx.Response(int(start.split()[1]), headers=[(name, value) for name, _, value in fields], content=body)


def while_busy(service: httpx.Client) -> httpx.Response:
    """Another call is being answered, which waits for a FHIR server that says nothing."""
    with FhirServer([patient()]) as server:
        server.on("Observation", Answer(ending="silent"))
        body = reaching(server.url, prefetch=without("labs"))
        other = threading.Thread(target=lambda: httpx.post(service.base_url.join(URL), json=body, timeout=60))
        other.start()
        while other.is_alive() and not server.asked("Observation"):
            time.sleep(0.01)
        answer = service.get("/cds-services")
    other.join(60)
    return answer


PROVOKED: dict[int, Callable[[httpx.Client, httpx.Client, httpx.Client], httpx.Response]] = {
    400: lambda service, _narrow, _production: service.post(URL, json=request(context={})),
    401: lambda _service, _narrow, production: production.get("/cds-services"),
    403: lambda _service, _narrow, production: production.post(URL, json={}, headers=signed(URL) | {"Origin": PAGE}),
    404: lambda service, _narrow, _production: service.post("/cds-services/other", json=request()),
    405: lambda service, _narrow, _production: service.get(URL),
    408: lambda _service, narrow, _production: slowly(narrow),
    412: lambda service, _narrow, _production: service.post(URL, json=request(prefetch=without("conditions"))),
    413: lambda _service, narrow, _production: narrow.post(URL, content=b" " * 10_001, headers=JSON),
    415: lambda service, _narrow, _production: service.post(URL, content=b"{}", headers={"Content-Type": "text/plain"}),
    422: lambda service, _narrow, _production: service.get("/feedback/summary", params={"format": "xml"}),
    431: lambda service, _narrow, _production: service.get("/cds-services", headers={"X-Much": "a" * 40_000}),
    500: lambda _service, narrow, _production: narrow.get("/cards"),
    503: lambda _service, narrow, _production: while_busy(narrow),
}


def without_numbers(outcome: Any) -> str:
    """Limits are set differently here."""
    return re.sub(r"\d[\d.]*", "N", json.dumps(outcome, sort_keys=True))


def test_r9_each_status_of_the_description_is_provoked() -> None:
    assert set(PROVOKED) == set(FAILURES)


@pytest.mark.parametrize("status", PROVOKED)
def test_r9_a_failure_of_every_status_is_an_outcome_as_described(services: Services, status: int) -> None:
    response = PROVOKED[status](*services)
    refused(response, status)
    assert without_numbers(response.json()) == without_numbers(written()[f"failure-{status}"])


@pytest.mark.parametrize(("status", "header"), [(401, "www-authenticate"), (405, "allow"), (503, "retry-after")])
def test_r9_a_failure_says_in_its_headers_what_to_do(services: Services, status: int, header: str) -> None:
    assert PROVOKED[status](*services).headers[header]


def test_r9_what_is_no_http_is_told_so_by_an_outcome(client: httpx.Client) -> None:
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=30) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        answer = connection.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["resourceType"] == "OperationOutcome"


def test_r9_a_parameter_that_is_refused_is_not_repeated(client: httpx.Client) -> None:
    response = client.get("/feedback/summary", params={"since": "patient-4711"})
    assert refused(response, 422)["expression"] == ["since"]
    assert "4711" not in response.text


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-11-22T09:00:00"])
def test_r9_a_time_that_cannot_be_used_is_400(client: httpx.Client, time: str) -> None:
    assert refused(client.get("/feedback/summary", params={"until": time}), 400)["expression"] == ["until"]


def test_r9_a_path_of_several_methods_names_them_all(client: httpx.Client) -> None:
    assert client.delete("/operator/switches").headers["allow"] == "GET, POST"


@pytest.mark.parametrize("status", [status for status in PROVOKED if status not in (422, 500)])
def test_r10_a_failure_holds_no_cards(services: Services, status: int) -> None:
    assert "cards" not in PROVOKED[status](*services).json()
