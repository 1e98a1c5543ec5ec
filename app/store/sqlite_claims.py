"""Used tokens in SQLite."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.store.backend import LOCK_SECONDS, Token

_LOOK_AGAIN_SECONDS = 0.0005
_CHECKPOINT_PAGES = 20_000  # 80 MB: what is written beside the calls does it after 1,000, and no call waits for that
_INSERT = "INSERT INTO used_tokens (digest, expires) VALUES (?, ?) ON CONFLICT DO NOTHING"


class SqliteClaims:
    """A thread with a connection of its own; one commit for all tokens that wait.

    Commits are not synced, since every call would wait for the disk: tokens survive the death of the process, but those
    of the last moments, up to the next time that the log is synced (for issued cards, say), not a power cut. A machine
    takes longer to start than that.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, "used-tokens")
        self._connection: sqlite3.Connection | None = None

    async def claim(self, tokens: list[Token]) -> set[bytes]:
        """Write down the tokens; return the digests of those that were not there."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._claim, tokens)

    async def close(self) -> None:
        """Close the connection and end the thread."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown()

    def _claim(self, tokens: list[Token]) -> set[bytes]:
        try:
            connection = self._connect()
            _begin(connection)
            new = {digest for digest, expires in tokens if connection.execute(_INSERT, (digest, expires)).rowcount}
            connection.execute("COMMIT")
        except BaseException:
            self._disconnect()  # which rolls back
            raise
        return new

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None:
            address = f"{self._path.absolute().as_uri()}?mode=rw"
            self._connection = sqlite3.connect(address, uri=True, timeout=0, isolation_level=None)
            self._connection.execute("PRAGMA synchronous = normal")
            self._connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _begin(connection: sqlite3.Connection) -> None:
    """SQLite's own waiting sleeps ever longer, so that one of several busy writers may wait in vain."""
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_LOOK_AGAIN_SECONDS)
        else:
            return
