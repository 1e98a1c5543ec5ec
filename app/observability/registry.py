"""Where the ends of audit chains are registered: out of reach of who can only change files."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from app.errors import Unavailable

_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class RegisteredChain:
    """What is registered of a chain. The last record is the last known so far until the chain is `closed`."""

    id: str
    first_hash: str
    last_index: int
    last_hash: str
    closed: bool


class ChainRegistry(Protocol):
    """Called by the audit trail's own thread; each may wait, each can be repeated, each raises Unavailable."""

    def open_chain(self, chain: str, started: datetime, first_hash: str) -> None:
        """A chain began with this record, of index 0."""

    def advance_chain(self, chain: str, last_index: int, last_hash: str) -> None:
        """A chain has come so far."""

    def close_chain(self, chain: str, last_index: int, last_hash: str) -> None:
        """A chain ended with this record."""

    def forget_chain(self, chain: str, started_before: datetime) -> None:
        """A file is too old and is deleted next: forget its chain if that really started before this time.

        What the file's name says is not proof enough: anybody who can rename files could have them expire.
        """


class AsyncChainRegistry(Protocol):
    """The same, for a database that is reached from the event loop."""

    async def open_chain(self, chain: str, started: datetime, first_hash: str, /) -> None:
        """As in ChainRegistry."""

    async def advance_chain(self, chain: str, last_index: int, last_hash: str, /) -> None:
        """As in ChainRegistry."""

    async def close_chain(self, chain: str, last_index: int, last_hash: str, /) -> None:
        """As in ChainRegistry."""

    async def forget_chain(self, chain: str, started_before: datetime, /) -> None:
        """As in ChainRegistry."""


class RegistryOnLoop:
    """A registry of the event loop, for the audit trail's thread. The loop must be running and free meanwhile."""

    def __init__(self, registry: AsyncChainRegistry, loop: asyncio.AbstractEventLoop) -> None:
        self._registry, self._loop = registry, loop

    def open_chain(self, chain: str, started: datetime, first_hash: str) -> None:
        """As in ChainRegistry."""
        self._wait(self._registry.open_chain(chain, started, first_hash))

    def advance_chain(self, chain: str, last_index: int, last_hash: str) -> None:
        """As in ChainRegistry."""
        self._wait(self._registry.advance_chain(chain, last_index, last_hash))

    def close_chain(self, chain: str, last_index: int, last_hash: str) -> None:
        """As in ChainRegistry."""
        self._wait(self._registry.close_chain(chain, last_index, last_hash))

    def forget_chain(self, chain: str, started_before: datetime) -> None:
        """As in ChainRegistry."""
        self._wait(self._registry.forget_chain(chain, started_before))

    def _wait(self, work: Coroutine[Any, Any, None]) -> None:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            future.result(_PATIENCE_SECONDS)
        except TimeoutError as error:
            future.cancel()
            raise Unavailable("the registry of audit chains did not answer in time") from error
