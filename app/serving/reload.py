"""Reloading knowledge and clients: checked here first, then every worker on every machine is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable

from app.errors import LegworkError
from app.serving.files import read_files
from app.serving.storage import database_of
from app.settings import Settings
from app.store.database import Database
from app.store.switches import raise_generation

log = logging.getLogger(__name__)


async def reload_files(settings: Settings, database: Database) -> int:
    """The new generation; raises KnowledgeError or ClientsError when a file is not fit, StoreUnavailable."""
    await asyncio.to_thread(read_files, settings)
    return await raise_generation(database)


async def reload_or_log(reloading: Awaitable[int]) -> None:
    """For a signal, which nobody waits to hear about: a failure is logged."""
    try:
        await reloading
    except LegworkError as error:
        log.error("the files were not reloaded, the old ones stay in use: %s", str(error))


async def reload_everywhere(settings: Settings) -> int:
    """As `reload_files`, from a process that serves nothing."""
    async with database_of(settings) as database:
        return await reload_files(settings, database)
