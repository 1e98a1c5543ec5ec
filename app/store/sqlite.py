"""SQLite: one file with a write-ahead log beside it, shared by the workers of one machine.

A commit does not sync the log (synchronous = normal): it would hold the lock for as long as a busy disk takes, and
calls with tokens would be refused meanwhile. `settle` syncs it afterwards.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from app.store.backend import CONNECT_SECONDS, LOCK_SECONDS, MIGRATION_SECONDS, WRITES, as_json
from app.store.errors import UnusableDatabase
from app.store.sqlite_claims import SqliteClaims

_CONNECTIONS = 4  # each has a thread
_POOL = {"pool_size": _CONNECTIONS, "max_overflow": 0, "pool_timeout": CONNECT_SECONDS}
_LOOK_AGAIN_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Sqlite:
    """A database file at `path`."""

    path: Path
    failures: tuple[type[Exception], ...] = (sqlite3.DatabaseError, OSError)

    @property
    def place(self) -> str:
        """The whole path: a relative one is what leads to another file than the service's."""
        return str(self.path.absolute())

    def is_missing(self) -> bool:
        """Whether the file is."""
        return not self.path.is_file()

    def make_folder(self) -> None:
        """For a new file; raises UnusableDatabase."""
        folder = self.path.parent
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise UnusableDatabase(f"the folder {folder} cannot be made: {error.strerror}") from error

    def engine(self) -> AsyncEngine:
        """A pool of connections that wait for a lock as long as a call can."""
        return self._engine(LOCK_SECONDS, **_POOL)

    def blocking_engine(self) -> Engine:
        """As `engine`, for threads."""
        engine = create_engine(f"sqlite:///{self.path}", **_options(LOCK_SECONDS), **_POOL)
        _listen(engine)
        return engine

    @asynccontextmanager
    async def migration(self) -> AsyncIterator[AsyncConnection]:
        """The transaction alone would do, but for the switch to a write-ahead log, which fails at once when raced."""
        async with self._alone():
            await asyncio.to_thread(self._keep_write_ahead_log)
            engine = self._engine(MIGRATION_SECONDS, poolclass=NullPool)
            async with engine.execution_options(**{WRITES: True}).begin() as connection:
                yield connection

    def claims(self) -> SqliteClaims:
        """A writer of used tokens in a thread of its own."""
        return SqliteClaims(self.path)

    async def settle(self) -> None:
        """Sync the log."""
        await asyncio.to_thread(self._sync)

    def _sync(self) -> None:
        try:
            log = os.open(f"{self.path}-wal", os.O_RDONLY)
        except FileNotFoundError:
            return  # whoever closed the file last has written it back, and synced that
        try:
            os.fsync(log)
        finally:
            os.close(log)

    def _engine(self, patience: float, **pool: Any) -> AsyncEngine:
        engine = create_async_engine(f"sqlite+aiosqlite:///{self.path}", **_options(patience), **pool)
        _listen(engine.sync_engine)
        return engine

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        with self.path.with_suffix(".lock").open("w") as file:
            deadline = time.monotonic() + MIGRATION_SECONDS
            while not _locked(file.fileno()):
                if time.monotonic() > deadline:
                    raise TimeoutError
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
            yield  # closing the file lets go of the lock

    def _keep_write_ahead_log(self) -> None:
        with closing(sqlite3.connect(self.path, timeout=MIGRATION_SECONDS)) as connection:
            connection.execute("PRAGMA journal_mode = wal")


def _options(patience: float) -> dict[str, Any]:
    return {
        # No isolation level: else Python begins transactions where it sees fit, and leaves DDL out of them.
        "connect_args": {"timeout": patience, "isolation_level": None},
        "hide_parameters": True,
        "json_serializer": as_json,
    }


def _listen(engine: Engine) -> None:
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)


def _set_up(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = normal")
    cursor.execute("PRAGMA foreign_keys = on")
    cursor.close()


def _begin(connection: Connection) -> None:
    """A writer takes the lock first: one that read before would fail at once where another wrote meanwhile."""
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
