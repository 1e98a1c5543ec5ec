"""Real services over a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres import ADVICE, PostgresServer, find_programs
from tests.support.process import Legwork


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running server; a test that stops it starts it again."""
    programs = find_programs()
    if programs is None:
        pytest.skip(ADVICE)
    server = PostgresServer(programs)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def legwork(tmp_path: Path) -> Iterator[Legwork]:
    """An installation with one worker, which answers anyone; not started yet."""
    service = Legwork(tmp_path / "one")
    yield service
    service.end()
