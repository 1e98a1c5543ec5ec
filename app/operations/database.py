"""Upgrading, backing up and restoring the database, and deleting what is past its time."""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from app.errors import LegworkError
from app.serving.storage import configured_database, database_of
from app.settings import Settings
from app.store.address import find_backend
from app.store.retention import delete_past
from app.store.schema import REVISION
from app.store.sqlite import Sqlite

_SECRETS = ("password", "sslpassword")


class UnusableBackup(LegworkError):
    """Nothing was backed up or restored; the message says why, and what to do."""


async def upgrade(settings: Settings) -> str:
    """The revision that the schema has then; raises StoreUnavailable, UnusableDatabase."""
    database = configured_database(settings)
    try:
        await database.prepare()
    finally:
        await database.close()
    return REVISION


async def downgrade(settings: Settings, revision: str) -> None:
    """For an older version of Legwork; raises StoreUnavailable, UnusableDatabase."""
    async with database_of(settings) as database:
        await database.downgrade(revision)


async def clean(settings: Settings) -> int:
    """Delete what the retention no longer covers, as the service does each hour; how many rows there were."""
    async with database_of(settings) as database:
        return await delete_past(database, datetime.now(UTC), settings.feedback_retention)


def back_up(settings: Settings, file: Path) -> None:
    """Copy the database to a new file, also while the service runs; raises UnusableBackup."""
    path = _sqlite(settings, f"pg_dump --format=custom --file={shlex.quote(str(file))} --dbname=").path
    if not path.exists():
        raise UnusableBackup(f"there is no database at {path}")
    if file.exists():
        raise UnusableBackup(f"{file} is there already, and is not overwritten")
    unfinished = file.with_name(f"{file.name}.unfinished")
    with _explained(file):
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        _copy(path, unfinished)
        _keep_in_one_file(unfinished)
        _check(unfinished)
        unfinished.rename(file)


def restore(settings: Settings, file: Path, *, replace: bool) -> None:
    """Copy a backup to where the database is; raises UnusableBackup. The service should be stopped."""
    command = f"pg_restore --clean --if-exists {shlex.quote(str(file))} --dbname="
    database = _sqlite(settings, command)
    with _explained(file):
        _check(file)
        if database.path.exists() and not replace:
            raise UnusableBackup(f"there is a database at {database.path}: --replace puts the backup in its place")
        database.make_folder()
        database.path.touch(mode=0o600)
        _copy(file, database.path)


def _sqlite(settings: Settings, command: str) -> Sqlite:
    """The file; raises UnusableBackup with the command for PostgreSQL, without the password."""
    backend = find_backend(settings.database_address, settings.data_dir)
    if isinstance(backend, Sqlite):
        return backend
    url = _without_password(str(settings.database_address))
    raise UnusableBackup(f"PostgreSQL has its own tools; run: {command}{shlex.quote(url)}")


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    user, at, hosts = parts.netloc.rpartition("@")
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query) if name not in _SECRETS])
    return urlunsplit(parts._replace(scheme="postgresql", netloc=f"{user.partition(':')[0]}{at}{hosts}", query=query))


def _copy(source: Path, target: Path) -> None:
    """As one transaction on either side (https://www.sqlite.org/backup.html)."""
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


def _keep_in_one_file(file: Path) -> None:
    """Without a write-ahead log, a file can be read where nothing can be written; the service makes one again."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = delete")


def _check(file: Path) -> None:
    """Raise UnusableBackup unless it is a whole database of ours, of a schema that this version knows."""
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        (found,) = connection.execute("PRAGMA integrity_check").fetchone()
        if found != "ok":
            raise UnusableBackup(f"{file} is damaged: {found}")
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        if revision > REVISION:
            raise UnusableBackup(f"{file} is of a newer version of Legwork (schema {revision}, here {REVISION})")


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise UnusableBackup(f"{file} cannot be used: {error}") from error
