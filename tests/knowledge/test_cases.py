"""Every case beside every card, one test each."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cases.complete import missing_cases
from app.cases.read import read_cases
from app.cases.run import run_case
from app.cases.schema import Case, CasesFile
from app.facts.context import Lexicon, build_lexicon
from app.knowledge.knowledge import load_knowledge
from app.settings import CARDS

FILES, PROBLEMS = read_cases(CARDS)
CASES = [(file, case) for _, file in FILES for case in file.all_cases()]


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return build_lexicon(load_knowledge(CARDS))


def test_every_card_has_a_cases_file_that_can_be_read() -> None:
    assert PROBLEMS == []


@pytest.mark.parametrize(("file", "case"), CASES, ids=[f"{file.card}: {case.name}" for file, case in CASES])
def test_the_card_answers_as_its_case_says(file: CasesFile, case: Case, lexicon: Lexicon) -> None:
    assert run_case(case, file.card, file.now, lexicon) == []


@pytest.mark.parametrize("file", [file for _, file in FILES], ids=[file.card for _, file in FILES])
def test_the_cases_cover_every_kind_and_every_threshold(file: CasesFile, lexicon: Lexicon) -> None:
    card = next(card for card in lexicon.knowledge.cards if card.id == file.card)
    assert list(missing_cases(file, card, lexicon.knowledge.vocabulary)) == []


def test_no_card_id_stands_in_the_code() -> None:
    # "medication" is also a kind of signal: a word of the language that cards are written in.
    ids = {file.card for _, file in FILES} - {"medication"}
    code = {path: path.read_text() for path in Path("app").rglob("*.py")}
    found = {
        (str(path), card) for path, text in code.items() for card in ids if f'"{card}"' in text or f"'{card}'" in text
    }
    assert code
    assert found == set()
