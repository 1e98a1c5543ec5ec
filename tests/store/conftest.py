"""Every test that asks for `place` or `database` runs on SQLite and on PostgreSQL, both real."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from app.store.database import Database
from tests.support.postgres import PostgresServer, running_postgres
from tests.support.store import Place


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running server; do not stop it, others use it."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A running server that a test may stop."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Place:
    """The default: a file under the data directory."""
    return Place(None, tmp_path / "data")


@pytest.fixture
def postgres_place(postgres: PostgresServer, tmp_path: Path) -> Place:
    """A new database on the server."""
    return Place(postgres.new_database(), tmp_path / "data")


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> Place:
    """An empty database of either kind."""
    fixture = {"sqlite": "sqlite_place", "postgresql": "postgres_place"}[request.param]
    found: Place = request.getfixturevalue(fixture)
    return found


@pytest_asyncio.fixture
async def database(place: Place) -> AsyncIterator[Database]:
    """A database of either kind, ready."""
    opened = place.open()
    try:
        await opened.prepare()
        yield opened
    finally:
        await opened.close()
