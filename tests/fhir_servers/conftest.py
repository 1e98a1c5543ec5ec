"""A FHIR server that others wrote, as a process of its own, holding the patients of fixtures/."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from app.fhir.fetcher import Fetcher
from app.fhir.templates import filled_templates
from app.outbound.client import build_client
from app.outbound.policy import Policy
from tests.support.charts import Json, knowledge
from tests.support.fixture_patients import PATIENTS, FixturePatient
from tests.support.ports import free_port

SECONDS_TO_START = 60


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `patient` runs once for each fixture."""
    if "patient" in metafunc.fixturenames:
        metafunc.parametrize("patient", PATIENTS, ids=[one.folder.name for one in PATIENTS])


@pytest.fixture(scope="session")
def sekmet(tmp_path_factory: pytest.TempPathFactory, token: str) -> Iterator[str]:
    """The base URL of sekmet-fhir, which asks for a bearer token and has never heard of Legwork."""
    command = shutil.which("sekmet", path=str(Path(sys.executable).parent))
    if command is None:
        pytest.skip("sekmet-fhir is not installed: `make test` installs it from requirements-dev.lock")
    folder = tmp_path_factory.mktemp("sekmet")
    port = free_port()
    url = f"http://127.0.0.1:{port}/fhir"
    (folder / "settings.yaml").write_text(yaml.safe_dump(_settings(url, port, folder, token)))
    log = (folder / "log").open("w")
    process = subprocess.Popen([command, "serve"], cwd=folder, stdout=log, stderr=log)  # noqa: S603 (our own command)
    try:
        _await_start(process, f"{url}/metadata", folder / "log")
        _load(url, token, PATIENTS)
        yield url
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def _settings(url: str, port: int, folder: Path, token: str) -> Json:
    return {
        "base_url": url,
        "host": "127.0.0.1",
        "port": port,
        "data_dir": str(folder / "data"),
        "server_auth": {"types": ["bearer"], "tokens": [token]},
        "validation": {"inbound": "off"},
        "simulator": {"enabled": False},
        "log_inbound": False,
    }


def _await_start(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < until:
        try:
            httpx.get(url, trust_env=False).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the FHIR server did not start: {log.read_text()[-2000:]}")


def _load(url: str, token: str, patients: Iterable[FixturePatient]) -> None:
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False) as client:
        for patient in patients:
            entries = [
                {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
                for one in patient.resources
            ]
            answer = client.post(url, json={"resourceType": "Bundle", "type": "batch", "entry": entries})
            statuses = [entry["response"]["status"] for entry in answer.raise_for_status().json()["entry"]]
            assert all(status.startswith("20") for status in statuses), patient.folder.name


@pytest.fixture(scope="session")
def token() -> str:
    """The one that the server knows."""
    return "a-token-of-the-tests"


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    """As in development mode, with the real connections."""
    async with build_client(Policy(loopback=True)) as http:
        yield Fetcher(http, filled_templates(knowledge().vocabulary))
