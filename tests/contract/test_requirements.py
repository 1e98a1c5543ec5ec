"""The list of requirements: complete, and each with its tests."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.contract.conformance import page, unmet
from tests.support.requirements import carried_by, requirements, sentence

FOLDER = Path(__file__).parent
PROTOCOL = FOLDER.parents[2] / "shared" / "protocol.md"
IDS = [one.id for one in requirements()]


def test_every_requirement_has_a_test_named_after_it() -> None:
    names = [name for file in FOLDER.glob("test_*.py") for name in re.findall(r"def (test_\w+)", file.read_text())]
    assert set(IDS) <= {carried_by(name) for name in names}


def test_every_id_that_a_test_carries_is_that_of_a_requirement() -> None:
    names = [name for file in FOLDER.glob("test_*.py") for name in re.findall(r"def (test_\w+)", file.read_text())]
    assert {carried_by(name) for name in names} - {None} <= set(IDS)


def test_no_requirement_is_listed_twice() -> None:
    assert [one for one, times in Counter(IDS).items() if times > 1] == []


@pytest.mark.skipif(not PROTOCOL.exists(), reason="shared/protocol.md is not beside the project here")
def test_the_list_has_the_ids_and_levels_of_the_protocol() -> None:
    agreed = re.findall(r"^- ([A-Z]\d+) +(MUST|SHOULD|MAY|OWN)", PROTOCOL.read_text(), re.MULTILINE)
    assert [(one.id, one.level) for one in requirements()] == agreed


def test_the_page_names_each_test_as_a_sentence_with_its_result() -> None:
    made = page({"M1": {"test_m1_answers_are_json": "passed", "test_m1_orders_are_json": "failed"}})
    assert "| answers are json<br>orders are json | failed |" in made
    assert made.count("| no test |") == len(IDS) - 1
    assert sentence("test_r10_a_child_is_told_apart[x]") == "a child is told apart"


def test_what_is_not_met_is_named() -> None:
    results = {one: {"test": "passed"} for one in IDS}
    assert unmet(results) == []
    assert unmet({**results, "M1": {"test": "passed", "test_2": "skipped"}, "S7": {}}) == ["M1", "S7"]
