"""The schema of the database: whether it is current, and its migrations.

Alembic takes half a second to import, so that it is loaded only when there is something to migrate.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from app.store.errors import UnusableDatabase

if TYPE_CHECKING:
    from alembic.config import Config

REVISION = "0002"
"""The newest migration; a test compares it with Alembic's own opinion."""

EMPTY = "base"
_MIGRATIONS = Path(__file__).parent / "migrations"


def is_current(connection: Connection) -> bool:
    """Whether the database can be used as it is."""
    return _journal_is_right(connection) and revision(connection) == REVISION


def revision(connection: Connection) -> str | None:
    """The newest migration that the database has seen."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def upgrade(connection: Connection) -> None:
    """Migrate forward, in the connection's transaction; raises UnusableDatabase for a schema from the future."""
    from alembic import command  # noqa: PLC0415 (see above)
    from alembic.util import CommandError  # noqa: PLC0415 (see above)

    try:
        command.upgrade(alembic_config(connection), REVISION)
    except CommandError as error:
        raise UnusableDatabase(
            f"the database has schema {revision(connection)}, this version of Legwork knows up to {REVISION}: "
            "run the newer version, or let it migrate the database back first"
        ) from error


def downgrade(connection: Connection, target: str) -> None:
    """Migrate back to `target`, a revision or `EMPTY`, in the connection's transaction."""
    from alembic import command  # noqa: PLC0415 (see above)
    from alembic.util import CommandError  # noqa: PLC0415 (see above)

    try:
        command.downgrade(alembic_config(connection), target)
    except CommandError as error:
        raise UnusableDatabase(f"the database cannot be migrated back to {target}: {error}") from error


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration for our migrations over an open connection."""
    from alembic.config import Config  # noqa: PLC0415 (see above)

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("file_template", "v%%(rev)s_%%(slug)s")
    return config


def _journal_is_right(connection: Connection) -> bool:
    """A restored SQLite file may have lost its write-ahead log."""
    return connection.dialect.name != "sqlite" or connection.scalar(text("PRAGMA journal_mode")) == "wal"
