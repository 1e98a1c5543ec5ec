"""The configured database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.settings import Settings
from app.store.address import find_backend, open_database
from app.store.database import Database


def configured_database(settings: Settings) -> Database:
    """For a service, which makes it where there is none; not connected yet. Raises UnusableDatabase."""
    return open_database(settings.database_address, settings.data_dir)


def database_place(settings: Settings) -> str:
    """Where it is, without a password; raises UnusableDatabase."""
    return find_backend(settings.database_address, settings.data_dir).place


@asynccontextmanager
async def database_of(settings: Settings) -> AsyncIterator[Database]:
    """For a command; closed at its end.

    Raises UnusableDatabase where there is none: run without the settings of the service, a command would otherwise
    make one, and report a success that no service hears of.
    """
    database = Database(find_backend(settings.database_address, settings.data_dir))
    try:
        await database.require()
        yield database
    finally:
        await database.close()
