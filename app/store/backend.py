"""What the two databases do differently."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol, runtime_checkable

import msgspec
from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

LOCK_SECONDS = 0.2
"""How long a call waits for somebody else's lock."""

CONNECT_SECONDS = 1.0
MIGRATION_SECONDS = 60.0

WRITES = "legwork_writes"
"""Execution option of connections whose transactions are going to write."""

Token = tuple[bytes, int]
"""Digest of issuer and jti, and the second since 1970 at which the token expires."""


class Claims(Protocol):
    """The table of used tokens, past SQLAlchemy: on the way of every call."""

    async def claim(self, tokens: list[Token]) -> set[bytes]:
        """Write down the tokens; return the digests of those that were not there. Raises `Backend.failures`."""

    async def close(self) -> None:
        """Give the connection back."""


class Backend(Protocol):
    """One kind of database at one address."""

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What its driver raises, past SQLAlchemy, when the database is away or busy."""

    @property
    def place(self) -> str:
        """Where it is, as operators are told: without a password."""

    def is_missing(self) -> bool:
        """Whether there is nothing to connect to, and connecting would make it."""

    def engine(self) -> AsyncEngine:
        """A new pool of connections."""

    def migration(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction in which no other process of this or another machine migrates."""

    def claims(self) -> Claims:
        """A new writer of used tokens."""

    async def settle(self) -> None:
        """Wait until all that was committed is on the disk. Nobody waits for a lock meanwhile."""


@runtime_checkable
class Blocking(Protocol):
    """A backend whose driver blocks, and of which `engine` therefore goes to a thread and back for each statement."""

    def blocking_engine(self) -> Engine:
        """A new pool of connections for threads that do a whole transaction."""


def as_json(value: object) -> str:
    """How SQLAlchemy writes a JSON column."""
    return msgspec.json.encode(value).decode()
