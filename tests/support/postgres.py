"""A real PostgreSQL server for tests: Debian's, on a free loopback port, gone when the tests are."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest

from tests.support.ports import free_port

ADVICE = "PostgreSQL is not installed (on Debian: apt-get install postgresql)"
_START_SECONDS = 60.0


def find_programs() -> Path | None:
    """The folder that holds initdb and postgres; Debian keeps them off the PATH."""
    found = shutil.which("initdb")
    candidates = [Path(found).resolve().parent] if found else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in candidates if (folder / "postgres").exists()), None)


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A new, empty server, which may be stopped and started again; skips the test where PostgreSQL is not installed."""
    programs = find_programs()
    if programs is None:
        pytest.skip(ADVICE)
    server = PostgresServer(programs)
    try:
        server.start()
        yield server
    finally:
        server.remove()


class PostgresServer:
    """Start it, stop it, start it again with the same data; `remove` at the end."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._user = _unprivileged()
        self._folder = Path(tempfile.mkdtemp(prefix="legwork-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        if self._user:
            shutil.chown(self._folder, self._user)
        self._initialise()

    @property
    def url(self) -> str:
        """The administrator's database."""
        return self.url_of("postgres")

    def url_of(self, name: str) -> str:
        """The URL of a database."""
        return f"postgresql://legwork@127.0.0.1:{self.port}/{name}"

    def new_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"test_{uuid4().hex}"
        asyncio.run(self._execute(f"CREATE DATABASE {name}"))
        return self.url_of(name)

    def start(self) -> None:
        """Returns when it answers."""
        settings = ("unix_socket_directories=", "listen_addresses=127.0.0.1", "fsync=off", "max_connections=100")
        options = [part for setting in settings for part in ("-c", setting)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 (our own arguments)
                [self._programs / "postgres", "-D", self._folder / "data", "-p", str(self.port), *options],
                stdout=log,
                stderr=log,
                user=self._user,
                cwd=self._folder,
            )
        self._wait()

    def stop(self) -> None:
        """Disconnects everybody."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(_START_SECONDS)
            self._process = None

    def remove(self) -> None:
        """Leave nothing behind."""
        self.stop()
        shutil.rmtree(self._folder)

    def _initialise(self) -> None:
        subprocess.run(  # noqa: S603 (our own arguments)
            [
                *(self._programs / "initdb", "-D", self._folder / "data", "-U", "legwork"),
                *("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"),
            ],
            check=True,
            capture_output=True,
            user=self._user,
            cwd=self._folder,
        )

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                return asyncio.run(self._execute("SELECT 1"))
            except (OSError, asyncpg.PostgresError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)
