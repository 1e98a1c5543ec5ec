from __future__ import annotations

import sqlite3

from app.store.errors import name_of


def test_the_drivers_own_error_is_named() -> None:
    locked = sqlite3.OperationalError("database is locked")
    locked.sqlite_errorname = "SQLITE_BUSY"
    outer = RuntimeError()
    outer.__cause__ = locked
    assert name_of(outer) == "SQLITE_BUSY"


def test_causes_that_go_in_a_circle_have_an_end() -> None:
    first, second = TimeoutError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    assert name_of(first) in ("TimeoutError", "KeyError")
