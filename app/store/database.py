"""The database: connections in transactions, a schema that is current, and one kind of failure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

from sqlalchemy import Connection, exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.store import schema
from app.store.backend import WRITES, Backend, Blocking, Claims
from app.store.errands import Errands, InThreads, OnLoop
from app.store.errors import StoreUnavailable, UnusableDatabase, name_of

log = logging.getLogger(__name__)

CALL_SECONDS = 1.0
"""How long a call waits for a database that does not answer."""

ERRAND_SECONDS = 4.0
"""How long what is done beside the calls waits for it; less than the audit trail waits for its registry."""

READ_SECONDS = 60.0
"""How long an operator waits for a summary."""

_BUGS = (exc.IntegrityError, exc.DataError, exc.ProgrammingError)
_BUG_OF_SQLITE = "SQLITE_ERROR"  # such as a missing table; raised as an OperationalError like all the rest

T = TypeVar("T")


class Database:
    """One database, used from one event loop. Opening it does no I/O; `prepare` makes it usable."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._failures: tuple[type[BaseException], ...] = (
            exc.DBAPIError,
            exc.TimeoutError,
            TimeoutError,
            *backend.failures,
        )
        self._engine = backend.engine()
        self._writer: AsyncEngine = self._engine.execution_options(**{WRITES: True})
        self._errands: Errands = (
            InThreads(backend.blocking_engine()) if isinstance(backend, Blocking) else OnLoop(self._engine)
        )
        self._preparing = asyncio.Lock()
        self._current = False

    async def require(self) -> None:
        """Raise UnusableDatabase unless a service has made its tables there; nothing is made."""
        if not await self._is_there():
            raise UnusableDatabase(
                f"there is no database of Legwork at {self._backend.place}; nothing was done. "
                "The LEGWORK_ variables of the service are needed: they say where its database is"
            )

    async def prepare(self) -> None:
        """Migrate unless the schema is current. Every transaction sees to it, for a database that was away at start.

        Raises StoreUnavailable, and UnusableDatabase for a schema from the future.
        """
        if self._current:
            return
        async with self._preparing:
            if not self._current:
                with self._unavailable():
                    await self._migrate()
                self._current = True

    @asynccontextmanager
    async def read(self, seconds: float = READ_SECONDS) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads; raises StoreUnavailable."""
        await self.prepare()
        with self._unavailable():
            async with asyncio.timeout(seconds), self._engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def write(self, seconds: float = CALL_SECONDS) -> AsyncIterator[AsyncConnection]:
        """A transaction that is committed, and on the disk, when the block is left; raises StoreUnavailable."""
        await self.prepare()
        with self._unavailable():
            async with asyncio.timeout(seconds):
                async with self._writer.begin() as connection:
                    yield connection
                await self._backend.settle()

    async def errand(
        self, work: Callable[[Connection], T], *, writes: bool = True, seconds: float = ERRAND_SECONDS
    ) -> T:
        """The result of `work` in a transaction, as by `write` or `read`, in one go; raises StoreUnavailable.

        For what can be repeated: it may be done late, after StoreUnavailable was raised.
        """
        await self.prepare()
        with self._unavailable():
            async with asyncio.timeout(seconds):
                result = await self._errands.run(work, writes=writes)
                if writes:
                    await self._backend.settle()
        return result

    async def claim(self, claims: Claims, tokens: list[tuple[bytes, int]]) -> set[bytes]:
        """Which of the tokens are new; raises StoreUnavailable."""
        await self.prepare()
        with self._unavailable():
            return await claims.claim(tokens)

    def claims(self) -> Claims:
        """A new writer of used tokens, for `claim`."""
        return self._backend.claims()

    async def downgrade(self, target: str) -> None:
        """Migrate back to a revision, for an older version of Legwork; stop this one's services first."""
        with self._unavailable():
            async with self._backend.migration() as connection:
                await connection.run_sync(schema.downgrade, target)
        self._current = False

    async def close(self) -> None:
        """Close all connections."""
        await self._errands.close()
        await self._engine.dispose()

    async def _is_there(self) -> bool:
        if self._backend.is_missing():
            return False
        try:
            with self._unavailable():
                async with asyncio.timeout(CALL_SECONDS), self._engine.connect() as connection:
                    return await connection.run_sync(schema.revision) is not None
        except StoreUnavailable as error:
            why = f"is away or busy ({error.reason}); nothing was done"
            raise UnusableDatabase(f"the database {self._backend.place} {why}") from error

    async def _migrate(self) -> None:
        if await self._is_current():
            return
        async with self._backend.migration() as connection:
            if not await connection.run_sync(schema.is_current):  # another worker may have been first
                await connection.run_sync(schema.upgrade)
                log.info("the database has schema %s now", schema.REVISION)

    async def _is_current(self) -> bool:
        """A new database may be locked by the worker that makes it: the migration then waits and looks again."""
        try:
            async with asyncio.timeout(CALL_SECONDS), self._engine.connect() as connection:
                return await connection.run_sync(schema.is_current)
        except exc.OperationalError:
            return False

    @contextmanager
    def _unavailable(self) -> Iterator[None]:
        try:
            yield
        except _BUGS:
            raise
        except self._failures as error:
            if name_of(error) == _BUG_OF_SQLITE:
                raise
            raise StoreUnavailable from error
