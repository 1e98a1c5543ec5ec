"""A spool file is complete, and on the disk, or it is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.store.spool import Spool
from tests.support.store import issued


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "new" / "spool")
    cards = [issued(suggestions={"s": "emg"}), issued(card="línea\n2")]
    path = spool.save(cards)
    assert spool.files() == [path]
    assert spool.load(path) == cards
    spool.remove(path)
    spool.remove(path)
    assert spool.files() == []


def test_two_processes_write_two_files(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    assert spool.save([issued()]) != spool.save([issued()])
    assert len(spool.files()) == 2


def test_a_folder_that_was_never_made_holds_nothing(tmp_path: Path) -> None:
    assert Spool(tmp_path / "none").files() == []


def test_a_file_that_another_worker_took_holds_nothing(tmp_path: Path) -> None:
    assert Spool(tmp_path).load(tmp_path / "issued-cards-gone.jsonl") == []


def test_a_folder_that_cannot_be_made_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        Spool(tmp_path / "file").save([issued()])
