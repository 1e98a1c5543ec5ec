"""Upgrade, backup and restore, by the commands, of databases with data; and back to an older version."""

from __future__ import annotations

import asyncio
import os
import shlex
import sqlite3
import subprocess
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.operations.database import UnusableBackup, back_up, downgrade, restore, upgrade
from app.store.address import FILE, open_database
from app.store.feedback import save_feedback
from app.store.issued import save_issued
from app.store.records import IssuedCard
from tests.serving.load import Stored
from tests.serving.load import stored as stored_at
from tests.support.postgres import PostgresServer, find_programs
from tests.support.process import Legwork, call, until
from tests.support.serving import development
from tests.support.store import ORIGIN, issued, overridden

SOME = Stored(cards=2, feedback=1, tokens=0)


def fill(service: Legwork, cards: Iterable[IssuedCard] | None = None) -> None:
    """Put cards and feedback into the database."""

    async def save() -> None:
        url = service.settings.get("database_url")
        database = open_database(str(url) if url else None, service.data)
        now = datetime.now(UTC)
        some = list(cards or (issued(issued_at=now), issued(issued_at=now)))
        await save_issued(database, some)
        await save_feedback(database, [overridden(some[0].uuid)], replace(ORIGIN, received_at=now), keep_comments=False)
        await database.close()

    asyncio.run(save())


def stored(service: Legwork) -> Stored:
    """What is in the database."""
    return stored_at(str(service.settings.get("database_url") or f"sqlite:///{service.data / FILE}"))


def succeeds(service: Legwork, *arguments: object) -> str:
    """What a command prints that must succeed."""
    done = service.run(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def fails(service: Legwork, *arguments: object) -> str:
    """What a command says that must fail, without a traceback."""
    done = service.run(*arguments)
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_backup_made_while_the_service_runs_can_be_restored(legwork: Legwork, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    with legwork.running() as url:
        number = len(call(url).json()["cards"])
        until(lambda: stored(legwork).cards == number, "the cards are recorded")
        succeeds(legwork, "database", "backup", file)
        assert file.stat().st_mode & 0o777 == 0o600
        with pytest.raises(UnusableBackup, match="is there already"):
            back_up(development(legwork.data), file)
        call(url)
        assert legwork.stop() == 0
    assert stored(legwork).cards == 2 * number
    assert "--replace" in fails(legwork, "database", "restore", file)
    succeeds(legwork, "database", "restore", file, "--replace")
    elsewhere = Legwork(tmp_path / "elsewhere")
    elsewhere.data.mkdir(parents=True)
    restore(development(elsewhere.data), file, replace=False)
    assert stored(legwork).cards == stored(elsewhere).cards == number
    with elsewhere.running() as url:
        call(url)
        until(lambda: stored(elsewhere).cards == 2 * number, "the restored database is used")


def test_what_is_no_backup_is_refused(legwork: Legwork, tmp_path: Path) -> None:
    legwork.data.mkdir(parents=True)
    settings = development(legwork.data)
    with pytest.raises(UnusableBackup, match="there is no database"):
        back_up(settings, tmp_path / "backup.db")
    text, other = tmp_path / "text.db", tmp_path / "other.db"
    text.write_text("not a database" * 100)
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE one (two)")
    for file in (text, other, tmp_path / "missing.db"):
        with pytest.raises(UnusableBackup, match=str(file)):
            restore(settings, file, replace=False)
    assert not (legwork.data / FILE).exists()


def test_the_schema_goes_back_and_forward_with_the_data(legwork: Legwork) -> None:
    legwork.data.mkdir(parents=True)
    fill(legwork)
    assert "0001" in succeeds(legwork, "database", "downgrade", "0001")
    assert "0002" in succeeds(legwork, "database", "upgrade")
    assert stored(legwork) == SOME
    assert "cannot be migrated back" in fails(legwork, "database", "downgrade", "7777")


def test_the_schema_of_postgresql_goes_back_and_forward_with_the_data(
    postgres: PostgresServer, legwork: Legwork
) -> None:
    url = legwork.settings["database_url"] = postgres.new_database()
    fill(legwork)
    settings = development(legwork.data, database_url=url)
    asyncio.run(downgrade(settings, "0001"))
    assert asyncio.run(upgrade(settings)) == "0002"
    assert stored(legwork) == SOME


@pytest.mark.parametrize(
    "command",
    ["switch off card hypokalemia", "switch on card x", "reload", "feedback", "audit verify", "database clean"],
)
def test_a_command_that_finds_no_database_makes_none_and_says_where_it_looked(legwork: Legwork, command: str) -> None:
    """As when it is run without the settings of the service."""
    said = fails(legwork, *command.split())
    assert f"no database of Legwork at {legwork.data / FILE}" in said
    assert "LEGWORK_ variables of the service" in said
    assert not legwork.folder.exists()


def test_a_backup_is_restored_to_a_folder_that_is_not_there_yet(legwork: Legwork, tmp_path: Path) -> None:
    legwork.data.mkdir(parents=True)
    fill(legwork)
    succeeds(legwork, "database", "backup", tmp_path / "backup.db")
    elsewhere = Legwork(tmp_path / "elsewhere")
    succeeds(elsewhere, "database", "restore", tmp_path / "backup.db")
    assert stored(elsewhere) == SOME


def test_what_is_past_its_time_is_deleted(legwork: Legwork) -> None:
    legwork.data.mkdir(parents=True)
    fill(legwork, [issued(issued_at=datetime.now(UTC) - timedelta(days=800))])
    fill(legwork)
    assert "1 rows" in succeeds(legwork, "database", "clean")
    assert stored(legwork).cards == SOME.cards


def test_for_postgresql_the_commands_are_told(postgres: PostgresServer, legwork: Legwork, tmp_path: Path) -> None:
    url, file = postgres.new_database(), tmp_path / "backup"
    legwork.settings["database_url"] = url
    legwork.data.mkdir(parents=True)
    fill(legwork)
    do(fails(legwork, "database", "backup", file))
    legwork.settings["database_url"] = postgres.new_database()
    do(fails(legwork, "database", "restore", file))
    assert stored(legwork) == SOME
    more = f"{'&' if '?' in url else '?'}password=secret&application_name=legwork"
    legwork.settings["database_url"] = url.replace("legwork@", "legwork:secret@") + more
    said = fails(legwork, "database", "backup", file)
    assert "legwork@" in said
    assert "application_name=legwork" in said
    assert "secret" not in said


def do(told: str) -> None:
    """Run the command that a message tells."""
    programs = find_programs()
    assert programs
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    command = shlex.split(told.partition("run: ")[2])
    subprocess.run(command, env=environment, check=True, capture_output=True)  # noqa: S603 (what our own command says)
