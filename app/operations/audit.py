"""Whether the audit trail is whole."""

from __future__ import annotations

import asyncio
from pathlib import Path

from app.observability.verify import ChainProblem, verify
from app.serving.registry import registered_chains
from app.serving.storage import database_of
from app.settings import Settings
from app.store.database import Database


async def check_audit(data_dir: Path, database: Database) -> list[ChainProblem]:
    """All problems of the chains in the data folder; raises StoreUnavailable."""
    return sorted(await asyncio.to_thread(verify, data_dir / "audit", await registered_chains(database)))


async def find_problems(settings: Settings) -> list[ChainProblem]:
    """As `check_audit`, from a process that serves nothing."""
    async with database_of(settings) as database:
        return await check_audit(settings.data_dir, database)
