"""Knowledge files are refused with file, line and what was expected."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.errors import KnowledgeError, Problem
from app.knowledge.knowledge import load_knowledge
from tests.support.template import change, copy_template, template_alone

CARD = "causes/toy.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return template_alone(tmp_path)


def problems(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(folder)
    return caught.value.problems


def test_the_template_loads_as_it_stands(folder: Path) -> None:
    assert [card.id for card in load_knowledge(folder).cards] == ["toy"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("source_line:", "sourceline:", "`sourceline` is not a key that is known here (nearest: `source_line`)"),
        ("id: toy", "id: other", "the id must be the name of the file: `toy`, not `other`"),
        ("    finding: [hypomagnesemia]", "    finding: [hypomagnesmia]", "nearest: `hypomagnesemia`"),
        ("    study: [ecg]", "    study: [ecgg]", "no order `ecgg` in the vocabulary"),
        ("    medication: [ppi,", "    medication: [ppii,", "no medication `ppii` in the vocabulary"),
        ("below: {mmol/L: 0.40, mg/dL: 0.97}", "below: {g/L: 0.40}", "`magnesium` does not come in `g/L`"),
        ("  - order: magnesium-level", "  - order: magnesum-level", "nearest: `magnesium-level`"),
        ("    within: 24 hours", "    within: a day", "a length of time such as"),
        ("source: bnssg-magnesium", "source: bnsg", "no evidence `bnsg` in this file"),
        ("status: draft", "status: live", "found `live`"),
    ],
)
def test_a_mistake_is_named_with_its_line(folder: Path, old: str, new: str, message: str) -> None:
    line = change(folder, CARD, old, new)
    assert any(one.file == CARD and one.line == line and message in one.message for one in problems(folder)), problems(
        folder
    )


@pytest.mark.parametrize("number", [".nan", ".inf", "-.inf"])
def test_a_number_that_is_not_finite_is_refused(folder: Path, number: str) -> None:
    line = change(folder, CARD, "version: ", f"version: {number} #")
    assert Problem(CARD, line, "a finite number was expected") in problems(folder)


def test_a_list_where_a_mapping_belongs_is_refused_with_its_line(folder: Path) -> None:
    (folder / CARD).write_text("- a list\n", encoding="utf-8")
    assert (CARD, 1) in [(one.file, one.line) for one in problems(folder)]


def test_a_key_that_stands_twice_is_refused(folder: Path) -> None:
    line = change(folder, CARD, "status: draft", "status: draft\nstatus: active")
    assert Problem(CARD, line + 1, "`status` stands twice in this mapping") in problems(folder)


def test_a_signal_that_is_never_used_is_refused(folder: Path) -> None:
    line = change(folder, CARD, "  coded:\n", "  idle:\n    age: years\n  coded:\n")
    assert Problem(CARD, line, "signal `idle` is never used") in problems(folder)


def test_a_signal_that_is_not_there_is_refused(folder: Path) -> None:
    change(folder, CARD, "  critical:\n    all_of: [severe]", "  critical:\n    all_of: [severre]")
    found = [one for one in problems(folder) if "no signal `severre`" in one.message]
    assert len(found) == 1
    assert "nearest: `severe`" in found[0].message
    assert found[0].line > 1


def test_a_placeholder_that_is_not_certain_is_refused(folder: Path) -> None:
    line = change(folder, CARD, '"{because}: magnesium was low once.', '"{severe}: magnesium was low once.')
    assert any(one.line == line and "`{severe}` is not always known" in one.message for one in problems(folder))


def test_evidence_that_is_never_used_is_refused(folder: Path) -> None:
    change(
        folder,
        CARD,
        "evidence:\n  bnssg-magnesium:",
        "evidence:\n  idle: {citation: a, organisation: b, checked: 2026-11-22, mark: D}\n  bnssg-magnesium:",
    )
    assert any(one.message == "evidence `idle` is never used" for one in problems(folder))


def test_a_number_needs_its_source(folder: Path) -> None:
    change(folder, CARD, "    within: 7 days\n    evidence: bnssg-magnesium\n", "    within: 7 days\n")
    assert any("a number needs its source" in one.message for one in problems(folder))


@pytest.mark.parametrize("code", ["6077001", "6077.1"])
def test_an_unquoted_code_is_refused(folder: Path, code: str) -> None:
    name = "vocabulary/triggers.yaml"
    line = change(folder, name, '"6077001": Foot-drop', f"{code}: Foot-drop")
    assert Problem(name, line, f'a name or code in quotes was expected, not {code}: write "{code}"') in problems(folder)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("triggers", '"6077001": Foot-drop', '"6077002": Foot-drop', "a SNOMED CT code was expected"),
        ("triggers", '"6077001": Foot-drop', '"M21.37": Foot-drop', "a SNOMED CT code was expected"),
        ("triggers", '"G83.10": ', '"60770-01": ', "an ICD-10-CM code such as"),
        ("labs", '"2823-3": ', '"2832-3": ', "a LOINC code such as"),
        ("medications", 'rxnorm: "36567"', 'rxnorm: "36567x"', "an RxNorm code"),
        ("labs", "    mmol/L: 1\n", "    mmol/L: 0\n", "greater than 0"),
        ("labs", "  unit: mmol/L\n", "  unit: mmol/l\n", "the unit `mmol/l` was expected among `units`"),
        ("triggers", "  phrases:\n    [", "  phrases:\n    [слабость в ногах, ", "should match pattern"),
        ("text", "negators:\n", "negators: [Denies]\nold:\n", "should match pattern"),
        ("text", "  right leg: [rle]", "  right leg: [rle, lle]", "`lle` stands for more than one word"),
    ],
)
def test_a_mistake_in_the_vocabulary_is_refused(folder: Path, name: str, old: str, new: str, message: str) -> None:
    change(folder, f"vocabulary/{name}.yaml", old, new)
    found = [one.message for one in problems(folder) if one.file == f"vocabulary/{name}.yaml"]
    assert any(message in one for one in found), found


def test_an_unquoted_code_as_a_value_is_refused(folder: Path) -> None:
    name = "vocabulary/orders.yaml"
    line = change(folder, name, 'order_as: {system: loinc, code: "30679-5"}', "order_as: {system: loinc, code: 30679}")
    assert any(one.file == name and one.line == line for one in problems(folder))


@pytest.mark.parametrize(
    "name", ["evaluation.yaml", "override_reasons.yaml", "vocabulary/labs.yaml", "vocabulary/text.yaml"]
)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert Problem(name, 1, "this file was expected and cannot be read (No such file or directory)") in problems(folder)


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("nowhere.yaml", "No such file or directory"),
        ("dangling.yaml", "Too many levels of symbolic links"),
        ("/proc/self/mem", "Input/output error"),
        ("/proc", "Is a directory"),
    ],
)
def test_a_card_file_that_cannot_be_read_is_named_with_all_other_problems(folder: Path, target: str, why: str) -> None:
    (folder / "causes" / "dangling.yaml").symlink_to(target)
    line = change(folder, CARD, "id: toy", "id: Toy!")
    found = {(one.file, one.line): one.message for one in problems(folder)}
    assert found["causes/dangling.yaml", 1] == f"this file was expected and cannot be read ({why})"
    assert (CARD, line) in found


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path / "nowhere")
    assert "a folder with knowledge files was expected" in problem.message


def test_a_folder_of_cards_that_cannot_be_looked_into_is_named(folder: Path) -> None:
    (folder / "red_flags").touch()
    expected = Problem("red_flags", 1, "a folder of cards was expected and cannot be read (Not a directory)")
    assert problems(folder) == (expected,)


def test_a_key_that_stands_in_the_wrong_place_is_not_said_to_be_near_itself(folder: Path) -> None:
    line = change(folder, CARD, "source_line:", "below: {}\nsource_line:")
    assert problems(folder) == (Problem(CARD, line, "`below` is not a key that is known here"),)


def test_a_card_that_cannot_be_read_is_still_known_to_the_other_files(folder: Path) -> None:
    (folder / "workup").mkdir()
    copy_template(folder, "workup/other")
    change(folder, "workup/other.yaml", "# yields_to:\n#   - {cards: [hypokalemia]", "yields_to:\n  - {cards: [toy]")
    load_knowledge(folder)
    (folder / CARD).write_text("id: [", encoding="utf-8")
    assert {one.file for one in problems(folder)} == {CARD}


def test_findings_that_cannot_be_read_are_not_missed_everywhere_else(folder: Path) -> None:
    name = "vocabulary/triggers.yaml"
    (folder / name).write_text("leg-weakness: [", encoding="utf-8")
    assert {one.file for one in problems(folder)} == {name}


@pytest.mark.parametrize("text", ["a: [", "a: b: c", "\ta: 1"])
def test_what_is_no_yaml_is_refused_with_its_line(folder: Path, text: str) -> None:
    (folder / CARD).write_text(f"x: 1\n{text}\n", encoding="utf-8")
    (problem,) = [one for one in problems(folder) if one.file == CARD]
    assert problem.line >= 2
    assert "not readable as YAML" in problem.message


def test_a_value_with_a_yaml_tag_is_refused_with_its_line(folder: Path) -> None:
    line = change(folder, CARD, "status: draft", "status: !danger draft")
    assert any((one.file, one.line) == (CARD, line) for one in problems(folder))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("evaluation.yaml", "specific: [leg-weakness,", "specific: [leg-weaknes,"),
        ("evaluation.yaml", "non_specific: [weakness-nonspecific]", "non_specific: [weakness-non-specific]"),
        ("evaluation.yaml", "{finding: [falls],", "{finding: [fallls],"),
        ("evaluation.yaml", "quiet_card: toy", "quiet_card: toi"),
        ("vocabulary/cautions.yaml", "finding: [mri-implant]", "finding: [mri-implants]"),
        ("vocabulary/cautions.yaml", "medication: [anticoagulant]", "medication: [anticoagulants]"),
        ("vocabulary/cautions.yaml", "orders: [b12-level]", "orders: [b12-levell]"),
    ],
)
def test_a_name_that_is_in_no_vocabulary_is_refused_wherever_it_stands(
    folder: Path, name: str, old: str, new: str
) -> None:
    line = change(folder, name, old, new)
    assert any((one.file, one.line) == (name, line) for one in problems(folder))


def test_two_cards_with_one_id_are_refused(folder: Path) -> None:
    (folder / "workup").mkdir()
    shutil.copy(folder / CARD, folder / "workup" / "toy.yaml")
    assert problems(folder)


def test_all_problems_are_told_at_once(folder: Path) -> None:
    change(folder, CARD, "id: toy", "id: other")
    change(folder, CARD, "  - order: magnesium-level", "  - order: magnesum-level")
    assert len(problems(folder)) >= 2


def test_the_hash_changes_with_the_content(folder: Path) -> None:
    before = load_knowledge(folder).content_hash
    change(folder, CARD, "title: Low magnesium", "title: Very low magnesium")
    assert load_knowledge(folder).content_hash != before
