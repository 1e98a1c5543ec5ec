"""Files are replaced while the service runs: checked first, then read by every worker, or refused."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import yaml

from app.store.address import FILE, open_database
from app.store.switches import raise_generation
from tests.support.charts import CARDS, Json, patient
from tests.support.fhir_server import Answer, FhirServer
from tests.support.hooks import URL, refused, request, told
from tests.support.hospital import AS_OPERATOR, registration
from tests.support.process import PATIENCE, Legwork, by_every_worker, call, until
from tests.support.real_time import register, signed
from tests.support.tokens import signer

OTHER = "https://other.example.org"
PAGE = "https://page.example.org"


@pytest.fixture
def service(legwork: Legwork) -> Legwork:
    """With cards of its own, and an operator token."""
    shutil.copytree(CARDS, legwork.folder / "cards")
    legwork.settings = {"cards_dir": legwork.folder / "cards", "operator_token": AS_OPERATOR["Authorization"][7:]}
    return legwork


def write_version(service: Legwork, version: str) -> None:
    """Change the knowledge."""
    path = service.folder / "cards" / "evaluation.yaml"
    rules = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(path.read_text(encoding="utf-8").replace(rules["version"], version, 1), encoding="utf-8")


@contextmanager
def broken_cards(service: Legwork) -> Iterator[None]:
    """A key is misspelt in the first line of a file."""
    path = service.folder / "cards" / "evaluation.yaml"
    good = path.read_text(encoding="utf-8")
    path.write_text("versoin: 1\n" + good, encoding="utf-8")
    yield
    path.write_text(good, encoding="utf-8")


def version(answer: httpx.Response) -> str:
    """Of the knowledge that an answer was found with."""
    assert answer.status_code == 200, answer.text
    found: str = told(answer.json())["knowledge"]["version"]
    return found


def as_operator(url: str, path: str, method: str = "POST", **more: object) -> httpx.Response:
    """A call of an operator's route."""
    return httpx.request(method, url + path, headers=AS_OPERATOR, trust_env=False, timeout=PATIENCE, **more)  # type: ignore[arg-type]  # httpx's own


def versions_served(service: Legwork, url: str) -> set[str]:
    """As the metrics tell."""
    lines = as_operator(url, "/metrics", "GET").text.splitlines()
    marked = [line for line in lines if line.startswith("legwork_knowledge_version{") and line.endswith(" 1.0")]
    return {line.partition('version="')[2].partition('"')[0] for line in marked}


def test_every_worker_serves_the_new_knowledge_however_it_is_asked(service: Legwork) -> None:
    service.settings |= {"workers": 2}
    with service.running() as url:
        before = {version(answer) for answer in by_every_worker(service, lambda: call(url))}
        assert versions_served(service, url) == before
        write_version(service, "9.9.1")
        done = service.run("reload")
        assert (done.returncode, str(service.data / FILE) in done.stdout) == (0, True), done.stderr
        serves(service, url, "9.9.1")
        write_version(service, "9.9.2")
        assert as_operator(url, "/operator/reload").json() == {"generation": 2}
        serves(service, url, "9.9.2")
        write_version(service, "9.9.3")
        service.signal(signal.SIGHUP)
        serves(service, url, "9.9.3")
        write_version(service, "9.9.4")
        replace_a_worker(service)
        # Nobody asked for a reload; only the new worker has read the files of now.
        assert {version(answer) for answer in by_every_worker(service, lambda: call(url))} == {"9.9.3", "9.9.4"}
        assert service.stop() == 0


def replace_a_worker(service: Legwork) -> None:
    (one, *_) = service.workers
    os.kill(one, signal.SIGKILL)
    until(lambda: one not in service.workers and len(service.workers) == 2, "another worker is there")


def serves(service: Legwork, url: str, name: str) -> None:
    until(lambda: versions_served(service, url) == {name}, "the metrics show the new knowledge alone")
    assert {version(answer) for answer in by_every_worker(service, lambda: call(url))} == {name}


def test_files_that_are_not_fit_are_refused_and_the_old_ones_serve_on(service: Legwork) -> None:
    with service.running() as url:
        before = version(call(url))
        with broken_cards(service):
            issue = refused(as_operator(url, "/operator/reload"), 422)
            assert "evaluation.yaml:1: " in issue["diagnostics"]
            assert "versoin" in issue["diagnostics"]
            done = service.run("reload")
            assert done.returncode == 1
            assert "evaluation.yaml:1: " in done.stderr
            service.signal(signal.SIGHUP)
            until(lambda: service.said("were not reloaded") and service.said("evaluation.yaml:1: "), "the log tells")
            assert version(call(url)) == before
        write_version(service, "9.9.9")
        service.signal(signal.SIGHUP)
        serves(service, url, "9.9.9")


def test_a_card_file_that_cannot_be_read_is_refused_by_name_and_the_old_ones_serve_on(service: Legwork) -> None:
    problem = "causes/new.yaml:1: this file was expected and cannot be read (No such file or directory)"
    with service.running() as url:
        (service.folder / "cards" / "causes" / "new.yaml").symlink_to("not-yet-there.yaml")
        assert refused(as_operator(url, "/operator/reload"), 422)["diagnostics"] == problem
        done = service.run("reload")
        assert (done.returncode, done.stderr.strip()) == (1, problem)
        service.signal(signal.SIGHUP)
        until(lambda: service.said("were not reloaded") and service.said(problem), "the log tells")
        asyncio.run(raise_elsewhere(service))
        until(lambda: service.said(f"cannot be followed ({problem})"), "this machine has tried, and says why")
        assert call(url).status_code == 200
        assert service.stop() == 0


def test_what_is_switched_off_is_off_although_the_files_here_cannot_be_read(service: Legwork) -> None:
    """As on a machine where the new files did not arrive whole."""
    with service.running() as url, broken_cards(service):
        asyncio.run(raise_elsewhere(service))
        until(lambda: service.said("cannot be followed (evaluation.yaml:1: "), "this machine has tried, and says why")
        assert service.run("switch", "off", "card", "baseline-workup").returncode == 0
        until(lambda: told(call(url).json()).get("switchedOff") == ["baseline-workup"], "the card is off")


async def raise_elsewhere(service: Legwork) -> None:
    database = open_database(None, service.data)
    await raise_generation(database)
    await database.close()


def reregister(hospital: Legwork, *clients: Json) -> None:
    register(hospital.folder / "clients.yaml", *clients)
    assert as_operator(hospital.url, "/operator/reload").is_success


def test_clients_come_and_go(hospital: Legwork) -> None:
    new, url = signer(), hospital.url

    def by_old() -> int:
        return call(url, signed(URL)).status_code

    def by_new() -> int:
        return call(url, signed(URL, new, OTHER)).status_code

    reregister(hospital, registration())
    until(lambda: the_ehr_gets(hospital) == {200}, "the EHR is registered")
    assert (by_new(), preflight(url)) == (401, None)
    reregister(hospital, registration(new, OTHER, cors_origins=[PAGE]))
    until(lambda: (by_new(), by_old(), preflight(url)) == (200, 401, PAGE), "a worker has the new file")
    until(lambda: the_ehr_gets(hospital) == {401}, "every worker has")
    assert preflight(url) == PAGE


def the_ehr_gets(hospital: Legwork) -> set[int]:
    """From all workers."""
    answers = by_every_worker(hospital, lambda: call(hospital.url, signed(URL)))
    return {answer.status_code for answer in answers}


def preflight(url: str) -> str | None:
    headers = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
    answer = httpx.options(url + URL, headers=headers, trust_env=False)
    allowed: str | None = answer.headers.get("access-control-allow-origin")
    return allowed


def test_a_fhir_server_with_a_private_address_is_called_once_it_is_registered(hospital: Legwork) -> None:
    with FhirServer() as server:
        server.on("Patient/p1", Answer(body=patient()))
        body = request(fhirServer=server.url)
        del body["prefetch"]["patient"]

        def asked() -> bool:
            httpx.post(hospital.url + URL, json=body, headers=signed(URL), trust_env=False, timeout=PATIENCE)
            return bool(server.asked("Patient/p1"))

        assert not asked()
        reregister(hospital, registration(fhir_servers=[{"url": server.url, "private": True}]))
        until(asked, "the FHIR server is asked")


def test_a_clients_file_that_is_not_fit_is_refused(hospital: Legwork) -> None:
    reregister(hospital, registration())
    until(lambda: the_ehr_gets(hospital) == {200}, "the EHR is registered")
    file = hospital.folder / "clients.yaml"
    file.write_text("clients:\n- iss: https://ehr.example.org\n  jku: nonsense\n", encoding="utf-8")
    issue = refused(as_operator(hospital.url, "/operator/reload"), 422)
    assert "clients.yaml:3: " in issue["diagnostics"]
    assert call(hospital.url, signed(URL)).status_code == 200
