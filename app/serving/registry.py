"""The registry of audit chains, kept in the database."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime

from app.observability.registry import RegisteredChain
from app.store.chains import Chain, Mark, advance_chain, close_chain, forget_chain, list_chains, open_chain
from app.store.database import Database


class StoredChains:
    """What the audit trail asks of its registry, over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._process = f"{socket.gethostname()}:{os.getpid()}"

    async def open_chain(self, chain: str, started: datetime, first_hash: str, /) -> None:
        """A chain began with this record, of index 0."""
        await open_chain(self._database, chain, Mark(0, first_hash), process=self._process, at=started)

    async def advance_chain(self, chain: str, last_index: int, last_hash: str, /) -> None:
        """A chain has come so far."""
        await advance_chain(self._database, chain, Mark(last_index, last_hash))

    async def close_chain(self, chain: str, last_index: int, last_hash: str, /) -> None:
        """A chain ended with this record."""
        await close_chain(self._database, chain, Mark(last_index, last_hash), at=datetime.now(UTC))

    async def forget_chain(self, chain: str, started_before: datetime, /) -> None:
        """Forget a chain that began before this time."""
        await forget_chain(self._database, chain, started_before)


async def registered_chains(database: Database) -> list[RegisteredChain]:
    """All chains, for verification."""
    return [_registered(chain) for chain in await list_chains(database)]


def _registered(chain: Chain) -> RegisteredChain:
    closed = chain.closed_at is not None
    return RegisteredChain(chain.chain, chain.first.hash, chain.last.index, chain.last.hash, closed)
