"""PostgreSQL: shared by every worker on every machine."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from app.store.backend import CONNECT_SECONDS, LOCK_SECONDS, MIGRATION_SECONDS, as_json
from app.store.errors import UnusableDatabase
from app.store.postgresql_claims import PostgresqlClaims

_CONNECTIONS = 3
_MORE_CONNECTIONS = 2
_PLACE = re.compile(r"postgresql://(?:[^@/?#]*@)?([^@/?#]*(?:/[^@/?#]*)?)(?:\?[^@#]*)?")
_MIGRATION_LOCK = 0x6C656777  # any number that nobody else takes for an advisory lock: "legw"


@dataclass(frozen=True, slots=True)
class Postgresql:
    """A database at `address`, a libpq URI, which may hold a password."""

    address: str = field(repr=False)
    failures: tuple[type[Exception], ...] = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)

    @property
    def place(self) -> str:
        """Hosts and name; of an odd address neither, as its password could be taken for a host."""
        found = _PLACE.fullmatch(self.address)
        return f"postgresql://{found[1]}" if found else "a PostgreSQL server"

    def is_missing(self) -> bool:
        """Only the server knows, and connecting to it makes nothing."""
        return False

    def engine(self) -> AsyncEngine:
        """A pool of connections that wait for a lock as long as a call can."""
        return self._engine(
            LOCK_SECONDS,
            pool_size=_CONNECTIONS,
            max_overflow=_MORE_CONNECTIONS,
            pool_timeout=CONNECT_SECONDS,
            pool_pre_ping=True,
        )

    @asynccontextmanager
    async def migration(self) -> AsyncIterator[AsyncConnection]:
        """Under an advisory lock, which ends with the transaction."""
        engine = self._engine(MIGRATION_SECONDS, poolclass=NullPool)
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            yield connection

    def claims(self) -> PostgresqlClaims:
        """A writer of used tokens with a connection of its own."""
        return PostgresqlClaims(lambda: self._connect(LOCK_SECONDS))

    async def settle(self) -> None:
        """The server has seen to it before it said that it had committed."""

    def _engine(self, patience: float, **pool: Any) -> AsyncEngine:
        return create_async_engine(
            "postgresql+asyncpg://",
            async_creator=lambda: self._connect(patience),
            hide_parameters=True,
            json_serializer=as_json,
            **pool,
        )

    async def _connect(self, patience: float) -> asyncpg.Connection:
        settings = {
            "application_name": "legwork",
            "lock_timeout": f"{round(patience * 1000)}ms",
            # A stricter level, were it the default, fails where two instances write the same row at once.
            "default_transaction_isolation": "read committed",
        }
        try:
            connection: asyncpg.Connection = await asyncpg.connect(
                self.address, timeout=CONNECT_SECONDS, server_settings=settings
            )
        except asyncpg.InterfaceError:
            raise  # some of these are ValueErrors, and may pass: a certificate that is not there yet
        except ValueError:
            # Not chained, and not quoted: the driver's words may hold a piece of the password.
            raise UnusableDatabase("LEGWORK_DATABASE_URL is no address that PostgreSQL can be reached by") from None
        return connection
