"""LEGWORK_DATABASE_URL, in the ways that operators write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.store.address import find_backend, open_database
from app.store.errors import UnusableDatabase
from app.store.postgresql import Postgresql
from app.store.sqlite import Sqlite


def test_without_a_url_it_is_a_file_in_the_data_directory(tmp_path: Path) -> None:
    assert find_backend(None, tmp_path / "a" / "b") == Sqlite(tmp_path / "a" / "b" / "legwork.db")
    assert find_backend("", tmp_path) == Sqlite(tmp_path / "legwork.db")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+aiosqlite"])
def test_a_file_can_be_named(tmp_path: Path, scheme: str) -> None:
    assert find_backend(f"{scheme}:///{tmp_path}/x.db", Path("unused")) == Sqlite(tmp_path / "x.db")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
def test_postgresql_takes_what_libpq_takes(tmp_path: Path, scheme: str) -> None:
    rest = "user:secret@a:1,b:2/legwork?sslmode=verify-full&target_session_attrs=read-write"
    backend = find_backend(f"{scheme}://{rest}", tmp_path)
    assert backend == Postgresql(f"postgresql://{rest}")
    assert "secret" not in repr(backend)


async def test_a_port_that_is_none_is_no_database_that_is_away(tmp_path: Path) -> None:
    database = open_database("postgresql://user:secret@127.0.0.1:54a2/legwork", tmp_path)
    with pytest.raises(UnusableDatabase, match="LEGWORK_DATABASE_URL") as raised:
        await database.prepare()
    assert "secret" not in f"{raised.value}{raised.value.__cause__}"


@pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "legwork.db", "sqlite://", "sqlite:///", "postgresql:h"])
def test_anything_else_is_refused_without_telling_the_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(UnusableDatabase, match=r"LEGWORK_DATABASE_URL begins with neither") as raised:
        find_backend(url, tmp_path)
    assert "secret" not in str(raised.value)


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UnusableDatabase, match="file/data cannot be made: Not a directory"):
        open_database(None, tmp_path / "file" / "data")


# What operators are told


def place(url: str | None) -> str:
    return find_backend(url, Path("data")).place


def test_a_file_is_told_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert place(None) == str(tmp_path / "data" / "legwork.db")


@pytest.mark.parametrize("user", ["", "user@", "user:secret@", "user:se%40cret@"])
@pytest.mark.parametrize("hosts", ["h", "a:1,b:2", "[::1]:5432", ""])
def test_postgresql_is_told_by_hosts_and_name(user: str, hosts: str) -> None:
    assert (
        place(f"postgresql://{user}{hosts}/legwork?sslmode=require&password=secret") == f"postgresql://{hosts}/legwork"
    )


@pytest.mark.parametrize(
    "rest", ["u:se/cret@h/d", "u:se?cret@h/d", "u:se#cret@h/d", "u:se@cret@h/d", "h/d?password=a@b"]
)
def test_of_an_odd_address_of_postgresql_nothing_is_told(rest: str) -> None:
    assert place(f"postgresql://{rest}") == "a PostgreSQL server"
