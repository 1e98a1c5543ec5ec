"""Tokens are read from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.trial.token import UnreadableToken, read_token


def test_blanks_around_a_token_are_no_part_of_it(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(" a-token\n")
    assert read_token(file) == "a-token"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    file = tmp_path / "missing"
    with pytest.raises(UnreadableToken, match=f"{file} cannot be read"):
        read_token(file)


def test_a_file_that_holds_something_else_is_named_without_what_it_holds(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_bytes(b"geheim-\xff")
    with pytest.raises(UnreadableToken, match=f"{file} cannot be read") as caught:
        read_token(file)
    assert "geheim" not in str(caught.value)
    assert caught.value.__suppress_context__
