"""Names and numbers in cases that are not there are told with file, line and the nearest."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cases.read import check_cases
from app.cases.references import decision_numbers
from app.errors import Problem
from app.knowledge.knowledge import load_knowledge
from tests.support.template import change, template_alone

CASES = "causes/toy.cases.yaml"
FACT = "      - {lab: magnesium, value: 0.35, unit: mmol/L, when: 2 hours ago}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cards").mkdir()
    return template_alone(tmp_path / "cards")


def problems(folder: Path) -> list[Problem]:
    return check_cases(folder, load_knowledge(folder))


@pytest.mark.parametrize(
    ("fact", "message"),
    [
        ("{finding: legweakness}", "no finding `legweakness` in the vocabulary (nearest: `leg-weakness`)"),
        ("{lab: potasium, value: 3}", "no lab `potasium` in the vocabulary (nearest: `potassium`)"),
        ("{medication: digoxine}", "no medication `digoxine` in the vocabulary (nearest: `digoxin`)"),
        (
            "{medication: ppi, ingredient: omeprazol}",
            "no ingredient `omeprazol` in the vocabulary (nearest: `omeprazole`)",
        ),
        ("{order: ekg}", "no order `ekg` in the vocabulary (nearest: `ecg`)"),
        ("{report: ctt-head}", "no order `ctt-head` in the vocabulary (nearest: `ct-head`)"),
        ("{procedure: ekg}", "no order `ekg` in the vocabulary (nearest: `ecg`)"),
        (
            "{lab: bun-creatinine-ratio, value: 3}",
            "`bun-creatinine-ratio` is calculated: the labs it is made of were expected",
        ),
    ],
)
def test_a_fact_that_the_vocabulary_does_not_have_is_told(folder: Path, fact: str, message: str) -> None:
    line = change(folder, CASES, FACT, f"{FACT}      - {fact}\n") + 1
    assert problems(folder) == [Problem(CASES, line, message)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("orders: [neurological-exam]", "orders: [neurologic-exam]"),
        ("not_orders: [ct-head]", "not_orders: [ctt-head]"),
        ("priorities: {neurological-exam: stat}", "priorities: {neurologic-exam: stat}"),
        ("    lab: magnesium\n", "    lab: magnesum\n"),
        (
            "    chart: [{finding: leg-weakness, onset: 60 days ago}]\n",
            "    chart: [{finding: leg-weaknes, onset: 60 days ago}]\n",
        ),
    ],
)
def test_other_names_of_a_case_are_looked_up_too(folder: Path, old: str, new: str) -> None:
    line = change(folder, CASES, old, new)
    (problem,) = problems(folder)
    assert (problem.file, problem.line) == (CASES, line)
    assert "in the vocabulary (nearest: " in problem.message


def test_a_decision_that_is_not_among_those_beside_the_folder_is_told(folder: Path) -> None:
    line = change(folder, CASES, "decisions: [14]", "decisions: [14, 99]")
    assert problems(folder) == []
    (folder.parent / "docs").mkdir()
    page = "9. One.\n11. Two, see 99. below.\n14. Three.\n"
    (folder.parent / "docs" / "clinical-decisions.md").write_text(page, encoding="utf-8")
    assert decision_numbers(folder) == {9, 11, 14}
    assert problems(folder) == [Problem(CASES, line, "docs/clinical-decisions.md has no decision 99")]
