"""Opening, migrating, and what is said when the database is away or locked."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from app.store import schema
from app.store.address import FILE, find_backend
from app.store.database import Database
from app.store.errors import StoreUnavailable, UnusableDatabase
from app.store.feedback import save_feedback
from app.store.issued import save_issued
from app.store.replay import Replay
from app.store.switches import read_state
from app.store.tables import metadata
from tests.store.processes import ROOT, together
from tests.support.postgres import PostgresServer
from tests.support.store import LATER, ORIGIN, Place, accepted, issued


async def count(database: Database, table: str) -> int:
    async with database.read() as connection:
        return int(await connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608 (our own name)


@asynccontextmanager
async def locked(place: Place, table: str) -> AsyncIterator[None]:
    """Somebody else holds the strongest lock there is."""
    other = place.open()
    try:
        async with other.write(60) as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
            yield
    finally:
        await other.close()


async def test_several_workers_that_start_at_once_migrate_once(place: Place) -> None:
    said = await asyncio.to_thread(together, "prepare", place, 4)
    assert sorted(line for lines in said for line in lines) == ["alembic loaded"] + ["alembic not loaded"] * 3
    database = place.open()
    assert await read_state(database) is not None
    assert await count(database, "generation") == 1
    await database.close()


async def test_alembic_is_not_loaded_when_the_schema_is_current(database: Database, place: Place) -> None:
    assert await count(database, "alembic_version") == 1
    assert await asyncio.to_thread(together, "prepare", place, 1) == [["alembic not loaded"]]


async def test_the_tables_are_what_the_migrations_make(database: Database) -> None:
    def differences(connection: Connection) -> Any:
        from alembic.autogenerate import compare_metadata  # noqa: PLC0415 (slow; needed here only)
        from alembic.migration import MigrationContext  # noqa: PLC0415 (likewise)

        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []


def test_the_newest_migration_is_the_one_that_is_looked_for() -> None:
    from alembic.script import ScriptDirectory  # noqa: PLC0415 (slow; needed here only)

    assert ScriptDirectory.from_config(schema.alembic_config()).get_heads() == [schema.REVISION]


async def test_a_database_with_data_migrates_back_and_forward(place: Place) -> None:
    database = place.open()
    await save_issued(database, [issued()])
    await save_feedback(database, [accepted("c", "s")], ORIGIN, keep_comments=False)
    await database.downgrade("0001")
    await database.close()
    again = place.open()
    assert (await count(again, "issued_cards"), await count(again, "feedback")) == (1, 1)
    assert (await read_state(again)).generation == 0
    await again.downgrade(schema.EMPTY)
    await again.prepare()
    assert (await count(again, "issued_cards"), await count(again, "generation")) == (0, 1)
    await again.close()


async def test_a_revision_that_does_not_exist_is_refused(database: Database) -> None:
    with pytest.raises(UnusableDatabase, match="cannot be migrated back to 0000"):
        await database.downgrade("0000")


async def test_a_database_that_no_service_made_is_not_there_and_is_not_made(place: Place) -> None:
    database = Database(find_backend(place.url, place.data_dir))
    with pytest.raises(UnusableDatabase, match="no database of Legwork at "):
        await database.require()
    await database.close()
    assert not place.data_dir.exists()
    service = place.open()
    await service.prepare()
    await service.require()
    await service.close()


async def test_a_file_with_other_tables_is_no_database_of_ours(sqlite_place: Place) -> None:
    database = sqlite_place.open()
    path = sqlite_place.data_dir / FILE
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE one (two)")
    before = path.read_bytes()
    with pytest.raises(UnusableDatabase, match="no database of Legwork"):
        await database.require()
    await database.close()
    assert path.read_bytes() == before


async def test_a_database_that_does_not_answer_is_named_without_the_password(tmp_path: Path) -> None:
    database = Place("postgresql://u:secret@127.0.0.1:1/legwork?sslmode=disable", tmp_path).open()
    with pytest.raises(UnusableDatabase, match=r"postgresql://127.0.0.1:1/legwork is away or busy") as raised:
        await database.require()
    assert "secret" not in str(raised.value)
    await database.close()


async def test_a_schema_from_the_future_is_refused(place: Place) -> None:
    database = place.open()
    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await database.close()
    again = place.open()
    with pytest.raises(UnusableDatabase, match=rf"schema 9999, this version of Legwork knows up to {schema.REVISION}"):
        await again.prepare()
    await again.close()


async def test_a_migration_that_fails_leaves_the_database_as_it_was(place: Place) -> None:
    database = place.open()
    async with database.write() as connection:
        for table in ("used_tokens", "generation", "audit_chains"):
            await connection.execute(text(f"DROP TABLE {table}"))
        await connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))  # `switches` is in the way
    await database.close()
    again = place.open()
    with pytest.raises(Exception, match="switches"):
        await again.prepare()
    await again.close()
    third = place.open()
    with pytest.raises(Exception, match="switches"):  # and not "used_tokens", which the first attempt made
        await third.prepare()
    await third.close()


async def test_a_restored_file_gets_its_write_ahead_log_back(sqlite_place: Place) -> None:
    database = sqlite_place.open()
    await database.prepare()
    await database.close()
    path = sqlite_place.data_dir / FILE
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = delete")
    again = sqlite_place.open()
    await again.prepare()
    await again.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_the_data_directory_is_for_its_owner_only(sqlite_place: Place) -> None:
    database = sqlite_place.open()
    await database.prepare()
    await database.close()
    assert sqlite_place.data_dir.stat().st_mode & 0o777 == 0o700


async def test_sqlite_keeps_a_write_ahead_log_and_syncs_before_it_writes_back(sqlite_place: Place) -> None:
    database = sqlite_place.open()
    async with database.write() as connection:
        found = [
            await connection.scalar(text(f"PRAGMA {name}")) for name in ("synchronous", "journal_mode", "foreign_keys")
        ]
    await database.close()
    assert found == [1, "wal", 1]


async def test_a_locked_database_is_unavailable_after_200_ms(place: Place, database: Database) -> None:
    async with locked(place, "feedback"):
        began = time.monotonic()
        with pytest.raises(StoreUnavailable) as raised:
            await save_feedback(database, [accepted("c", "s")], ORIGIN, keep_comments=False)
        waited = time.monotonic() - began
    assert waited >= 0.19
    assert raised.value.status == 503
    assert int(raised.value.headers["Retry-After"]) >= 1
    await save_feedback(database, [accepted("c", "s")], ORIGIN, keep_comments=False)


async def test_tokens_of_a_locked_database_are_unavailable(place: Place, database: Database) -> None:
    replay = Replay(database)
    assert await replay.first_use("issuer", "before", LATER)
    async with locked(place, "used_tokens"):
        with pytest.raises(StoreUnavailable):
            await replay.first_use("issuer", "meanwhile", LATER)
    assert await replay.first_use("issuer", "meanwhile", LATER)
    assert not await replay.first_use("issuer", "before", LATER)
    await replay.close()


async def test_a_database_that_went_away_is_unavailable_until_it_is_back(
    own_postgres: PostgresServer, tmp_path: Path
) -> None:
    database = Place(own_postgres.url, tmp_path).open()
    replay = Replay(database)
    assert await replay.first_use("issuer", "jti", LATER)
    await save_feedback(database, [accepted("c1", "s")], ORIGIN, keep_comments=False)
    await asyncio.to_thread(own_postgres.stop)
    with pytest.raises(StoreUnavailable):
        await save_feedback(database, [accepted("c2", "s")], ORIGIN, keep_comments=False)
    with pytest.raises(StoreUnavailable):
        await replay.first_use("issuer", "other", LATER)
    with pytest.raises(StoreUnavailable):
        await read_state(database)
    await asyncio.to_thread(own_postgres.start)
    await save_feedback(database, [accepted("c2", "s")], ORIGIN, keep_comments=False)
    assert not await replay.first_use("issuer", "jti", LATER)
    assert await count(database, "feedback") == 2
    await replay.close()
    await database.close()


async def test_a_database_that_was_away_at_the_start_is_migrated_when_it_comes(
    own_postgres: PostgresServer, tmp_path: Path
) -> None:
    await asyncio.to_thread(own_postgres.stop)
    database = Place(own_postgres.url, tmp_path).open()
    with pytest.raises(StoreUnavailable):
        await database.prepare()
    await asyncio.to_thread(own_postgres.start)
    assert (await read_state(database)).generation == 0
    await database.close()


async def test_a_server_that_never_answers_is_unavailable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        database = Place(f"postgresql://legwork@127.0.0.1:{silent.getsockname()[1]}/legwork", tmp_path).open()
        replay = Replay(database)
        with pytest.raises(StoreUnavailable):
            await asyncio.wait_for(replay.first_use("issuer", "jti", LATER), 10)
        await replay.close()
        await database.close()


@pytest.mark.parametrize("user", ["postgresql://stranger:secret@127.0.0.1:{port}/nowhere"])
async def test_why_the_database_is_unavailable_is_told_by_kind_without_the_password(
    postgres: PostgresServer, tmp_path: Path, user: str
) -> None:
    database = Place(user.format(port=postgres.port), tmp_path).open()
    with pytest.raises(StoreUnavailable) as raised:
        await database.prepare()
    await database.close()
    assert raised.value.reason in ("InvalidAuthorizationSpecificationError", "InvalidCatalogNameError")
    assert "secret" not in f"{raised.value} {database!r} {vars(database)!r}"


def test_sqlite_alone_loads_neither_the_driver_of_postgresql_nor_alembic() -> None:
    code = "import sys, app.store.address; print(sorted({'asyncpg', 'alembic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)  # noqa: S603 (our own arguments)
    assert done.stdout.strip() == "[]"
