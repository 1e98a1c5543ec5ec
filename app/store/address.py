"""Where the database is: LEGWORK_DATABASE_URL or, without it, a file in the data directory."""

from __future__ import annotations

from pathlib import Path

from app.store.backend import Backend
from app.store.database import Database
from app.store.errors import UnusableDatabase
from app.store.sqlite import Sqlite

FILE = "legwork.db"
_POSTGRESQL = ("postgresql", "postgres", "postgresql+asyncpg")
_SQLITE = ("sqlite", "sqlite+aiosqlite")


def open_database(url: str | None, data_dir: Path) -> Database:
    """The database at `url`, in a folder that is made for it; raises UnusableDatabase, without telling the password."""
    backend = find_backend(url, data_dir)
    if isinstance(backend, Sqlite):
        backend.make_folder()
    return Database(backend)


def find_backend(url: str | None, data_dir: Path) -> Backend:
    """`postgresql://…` as libpq has it (`sslmode`, several hosts), `sqlite:///path`, or None for the default file.

    Nothing is made there.
    """
    scheme, _, rest = (url or "").partition("://")
    if not url:
        return Sqlite(data_dir / FILE)
    if scheme in _SQLITE and rest.startswith("/") and rest != "/":
        return Sqlite(Path(rest[1:]))
    if scheme in _POSTGRESQL:
        from app.store.postgresql import Postgresql  # noqa: PLC0415 (its driver is not loaded for SQLite)

        return Postgresql(f"postgresql://{rest}")
    raise UnusableDatabase("LEGWORK_DATABASE_URL begins with neither postgresql:// nor sqlite:///")
