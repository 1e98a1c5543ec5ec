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
    """The database at `url`; raises UnusableDatabase, without telling the password."""
    return Database(find_backend(url, data_dir))


def find_backend(url: str | None, data_dir: Path) -> Backend:
    """`postgresql://…` as libpq has it (`sslmode`, several hosts), `sqlite:///path`, or None for the default file."""
    scheme, _, rest = (url or "").partition("://")
    if not url:
        return _sqlite(data_dir / FILE)
    if scheme in _SQLITE and rest.startswith("/") and rest != "/":
        return _sqlite(Path(rest[1:]))
    if scheme in _POSTGRESQL:
        from app.store.postgresql import Postgresql  # noqa: PLC0415 (its driver is not loaded for SQLite)

        return Postgresql(f"postgresql://{rest}")
    raise UnusableDatabase("the database URL begins with neither postgresql:// nor sqlite:///")


def _sqlite(path: Path) -> Sqlite:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UnusableDatabase(f"the folder {path.parent} cannot be made: {error.strerror}") from error
    return Sqlite(path)
