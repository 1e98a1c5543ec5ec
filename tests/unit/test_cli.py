"""Commands take the knowledge and the time zone from the settings, as the service does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.settings import CARDS
from tests.support.template import template_alone

REQUEST = CARDS.parent / "fixtures" / "patients" / "cauda-equina-undated" / "request.json"
NOW = "2026-11-22T23:30:00Z"


def said(*arguments: object, **variables: object) -> str:
    """What a command prints, whether it fails or not."""
    environment = {name: str(value) for name, value in variables.items()}
    result = CliRunner().invoke(app, [str(one) for one in arguments], env={"COLUMNS": "200", **environment})
    return f"{result.output}{result.exception}"


@pytest.mark.parametrize("command", [["check"], ["explain", REQUEST]])
def test_the_knowledge_is_that_of_the_service(tmp_path: Path, command: list[object]) -> None:
    assert "evaluation.yaml:1: this file was expected" in said(*command, LEGWORK_CARDS_DIR=tmp_path)


def test_a_folder_that_is_named_comes_first(tmp_path: Path) -> None:
    assert "evaluation.yaml:1: this file was expected" in said("check", tmp_path, LEGWORK_CARDS_DIR=CARDS)
    explained = said("explain", REQUEST, "--cards", CARDS, "--now", NOW, LEGWORK_CARDS_DIR=tmp_path)
    assert "at 2026-11-22T23:30:00+00:00" in explained


@pytest.mark.parametrize("now", [NOW, "2026-11-23T00:30", "2026-11-23T08:30+09:00"])
def test_a_chart_is_explained_by_the_days_of_the_hospital(now: str) -> None:
    explained = said("explain", REQUEST, "--now", now, LEGWORK_TIME_ZONE="Europe/Berlin")
    assert "at 2026-11-23T00:30:00+01:00" in explained


def test_without_a_time_it_is_now_at_the_hospital() -> None:
    assert "+05:45" in said("explain", REQUEST, LEGWORK_TIME_ZONE="Asia/Kathmandu")


@pytest.mark.parametrize("now", ["yesterday", "0001-01-01T00:00:00Z"])
def test_a_time_that_is_none_is_refused(now: str) -> None:
    assert "a time such as" in said("explain", REQUEST, "--now", now, LEGWORK_TIME_ZONE="America/New_York")


def test_the_line_of_a_problem_is_a_number_even_where_it_could_be_an_emoji(tmp_path: Path) -> None:
    card = template_alone(tmp_path) / "causes" / "toy.yaml"
    before, after = card.read_text().split("levels:\n", 1)
    blank = "\n" * (98 - before.count("\n"))
    card.write_text(f"{before}{blank}levels:\n  crtical: {{all_of: [severe]}}\n{after}")
    assert "causes/toy.yaml:100: " in said("check", tmp_path)


def test_as_a_module_it_is_the_same_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "app.cli", "check", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own words)
    assert (done.returncode, "evaluation.yaml" in done.stdout) == (1, True)
