"""What was switched off is still known when only the file is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.serving.last_state import LastState
from app.store.switches import SharedState, Switch
from tests.support.store import NOW

OFF = SharedState(7, (Switch("card", "toy", NOW, "operator"),))


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "data" / "switches.json"
    LastState(file).save(OFF)
    assert LastState(file).load() == OFF
    assert list(file.parent.iterdir()) == [file]


def test_without_a_file_nothing_is_off(tmp_path: Path) -> None:
    assert LastState(tmp_path / "switches.json").load() == SharedState(0, ())


def test_a_file_that_cannot_be_read_is_told_and_nothing_is_off(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "switches.json"
    file.write_text('{"generation": 7')
    assert LastState(file).load() == SharedState(0, ())
    assert "cannot be read from switches.json" in caplog.text


def test_a_place_that_cannot_be_written_to_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    in_the_way = tmp_path / "data"
    in_the_way.touch()
    LastState(in_the_way / "switches.json").save(OFF)
    assert "cannot be kept in switches.json" in caplog.text
