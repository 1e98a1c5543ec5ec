"""A process that cannot start says why, also when nobody foresaw it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app import server
from app.observability.log import LogWriter
from app.serving.parts import Parts
from tests.support.serving import development


def fail(*_: Any, **__: Any) -> None:
    raise RuntimeError


def test_what_is_said_of_a_failure_is_written_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    writer = LogWriter()
    monkeypatch.setattr(server, "configure_logging", lambda _level: writer)
    monkeypatch.setattr(server, "create_app", fail)
    closed: list[bool] = []
    monkeypatch.setattr(LogWriter, "close", lambda _self: closed.append(True))
    with pytest.raises(RuntimeError):
        server._build(development(tmp_path))
    assert closed


async def test_a_failure_that_nobody_foresaw_is_told_with_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Parts, "_open", fail)
    parts = Parts(development(tmp_path), lambda: datetime.now(UTC), None)
    with pytest.raises(RuntimeError):
        async with parts.running():
            pass
    (told,) = [record for record in caplog.records if record.levelname == "CRITICAL"]
    assert told.message == "this process cannot start"
    assert told.exc_info
