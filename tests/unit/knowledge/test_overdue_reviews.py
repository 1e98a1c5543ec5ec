"""`legwork check` says which cards nobody has looked at again in time, and fails for none of them."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from shutil import copytree

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.knowledge.check import overdue_reviews
from tests.support.cards import toy
from tests.support.charts import CARDS


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (date(2027, 11, 22), []),
        (date(2027, 11, 23), ["card `late`: its review was due on 2027-11-22"]),
    ],
    ids=["due today", "due yesterday"],
)
def test_a_review_is_overdue_from_the_day_after_it_was_due(today: date, said: list[str]) -> None:
    assert list(overdue_reviews([toy("late")], today)) == said


def test_the_command_warns_and_does_not_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.cases.read.check_cases", lambda *_: [])
    copytree(CARDS, tmp_path / "cards")
    card = tmp_path / "cards" / "causes" / "stroke.yaml"
    card.write_text(re.sub(r"review_due: .*", "review_due: 2020-01-01", card.read_text()))
    done = CliRunner().invoke(app, ["check", str(tmp_path / "cards")])
    assert done.exit_code == 0
    assert "card `stroke`: its review was due on 2020-01-01" in done.output
