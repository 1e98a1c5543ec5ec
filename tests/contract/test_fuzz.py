"""Generated calls against the whole description (`make fuzz` sends many more)."""

from __future__ import annotations

from pathlib import Path

from app.description.operations import OPERATIONS
from tests.contract.fuzz import fuzz


def test_no_generated_call_gets_an_answer_that_is_not_as_described(tmp_path: Path) -> None:
    found = fuzz(5, seed=4, data_dir=tmp_path)
    assert found.returncode == 0, found.stdout + found.stderr
    assert f"Tested: {len(OPERATIONS)}" in found.stdout
