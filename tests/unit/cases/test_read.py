"""What the check of the cases tells, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cases.read import check_cases
from app.errors import Problem
from app.knowledge.knowledge import load_knowledge
from tests.support.template import change, template_alone

CASES = "causes/toy.cases.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return template_alone(tmp_path)


def problems(folder: Path) -> list[Problem]:
    return check_cases(folder, load_knowledge(folder))


@pytest.mark.parametrize("status", ["draft", "shadow", "active", "retired"])
def test_a_card_is_checked_in_every_status(folder: Path, status: str) -> None:
    change(folder, "causes/toy.yaml", "status: draft", f"status: {status}")
    assert problems(folder) == []


@pytest.mark.parametrize("status", ["draft", "shadow", "active"])
def test_a_case_that_fails_is_told_whatever_the_status_of_its_card(folder: Path, status: str) -> None:
    change(folder, "causes/toy.yaml", "status: draft", f"status: {status}")
    change(folder, CASES, "level: critical", "level: warning")
    assert [one.message for one in problems(folder)] == [
        "a magnesium of 0.35 mmol/L is critical: expected level warning, got critical"
    ]


def test_a_threshold_that_fails_is_told_at_its_own_row(folder: Path) -> None:
    line = change(folder, CASES, "[1.69, warning], [0.98, warning]", "[1.69, warning],\n        [0.98, info]") + 1
    message = "magnesium in long-standing weakness: 0.98 mg/dL: expected level info, got warning"
    assert problems(folder) == [Problem(CASES, line, message)]


def test_cases_of_another_card_are_told_without_a_nearest_name(folder: Path) -> None:
    line = change(folder, CASES, "card: toy", "card: toys")
    message = "`toy` was expected, the card that stands beside it, not `toys`"
    assert problems(folder) == [Problem(CASES, line, message)]


def test_a_priority_expected_of_a_silent_card_is_told(folder: Path) -> None:
    change(folder, CASES, "expect: {level: none}", "expect: {level: none, priorities: {ecg: stat}}")
    assert [one.message.split(": ")[1] for one in problems(folder)] == [
        "there is no such card to cite, order or say anything"
    ]


def test_an_order_expected_with_a_priority_is_missed_once(folder: Path) -> None:
    change(folder, CASES, "orders: [neurological-exam]", "orders: [ct-head]")
    change(folder, CASES, "priorities: {neurological-exam: stat}", "priorities: {ct-head: stat}")
    change(folder, CASES, "not_orders: [ct-head]", "not_orders: []")
    assert len([one for one in problems(folder) if "expected order `ct-head`" in one.message]) == 1


def test_cases_that_cannot_be_read_are_named(folder: Path) -> None:
    (folder / CASES).unlink()
    (folder / CASES).symlink_to("/proc/self/mem")
    message = "this file was expected and cannot be read (Input/output error)"
    assert problems(folder) == [Problem(CASES, 1, message)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("causes/gout.cases.yaml", "the card `gout.yaml` was expected beside it"),
        ("causes/gout.yml", "`gout.yaml` was expected"),
        ("vocabulary/labs.yml", "`labs.yaml` was expected"),
        ("gout.yaml", "a card was expected in one of the folders red_flags, causes, workup"),
    ],
)
def test_a_file_that_nobody_reads_is_told(folder: Path, name: str, expected: str) -> None:
    (folder / name).touch()
    assert problems(folder) == [Problem(name, 1, f"nobody reads this file: {expected}")]


def test_a_template_may_stand_unread(folder: Path) -> None:
    (folder / "causes" / "_gout.cases.yaml").touch()
    (folder / "_template.yaml").touch()
    assert problems(folder) == []
