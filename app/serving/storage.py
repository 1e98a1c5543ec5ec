"""The configured database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.settings import Settings
from app.store.address import open_database
from app.store.database import Database


def configured_database(settings: Settings) -> Database:
    """Not connected yet; raises UnusableDatabase."""
    return open_database(settings.database_address, settings.data_dir)


@asynccontextmanager
async def database_of(settings: Settings) -> AsyncIterator[Database]:
    """For a command; closed at its end."""
    database = configured_database(settings)
    try:
        yield database
    finally:
        await database.close()
