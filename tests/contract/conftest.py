"""A real server on a real socket."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.support.charts import NOW, foot_drop, patient
from tests.support.fetching import LOW
from tests.support.fhir_server import FhirServer
from tests.support.serving import development, serving


@pytest.fixture(scope="session")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(development(tmp_path_factory.mktemp("data")), lambda: NOW) as url:
        yield url


@pytest.fixture(scope="session")
def client(base_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base_url, timeout=10) as connected:
        yield connected


@pytest.fixture(scope="session")
def unhurried_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service with all the time in the world: what does not arrive was not sent."""
    with serving(development(tmp_path_factory.mktemp("data"), fetch_budget=30), lambda: NOW) as url:
        yield url


@pytest.fixture(scope="session")
def unhurried(unhurried_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=unhurried_url, timeout=60) as connected:
        yield connected


@pytest.fixture
def server() -> Iterator[FhirServer]:
    """The FHIR server of a client: a patient with foot drop and a low potassium."""
    with FhirServer([patient(), foot_drop(), LOW]) as running:
        yield running
