"""Real services over a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.hospital import registration
from tests.support.postgres import PostgresServer, running_postgres
from tests.support.process import Legwork
from tests.support.real_time import as_hospital, register


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running server; a test that stops it starts it again."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def legwork(tmp_path: Path) -> Iterator[Legwork]:
    """An installation with one worker, which answers anyone; not started yet."""
    service = Legwork(tmp_path / "one")
    yield service
    service.end()


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Legwork]:
    """Two workers, which ask for the tokens of one registered client."""
    folder = tmp_path_factory.mktemp("hospital")
    register(folder / "clients.yaml", registration())
    service = Legwork(folder, {**as_hospital(folder / "clients.yaml"), "workers": 2})
    with service.running():
        yield service
