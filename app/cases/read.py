"""Finds and reads the cases files of a knowledge folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from app.cases.complete import missing_cases
from app.cases.overlooked import overlooked
from app.cases.references import decision_numbers, wrong_references
from app.cases.run import run_case
from app.cases.schema import CasesFile
from app.errors import Problem
from app.facts.context import Lexicon, build_lexicon
from app.knowledge.knowledge import Knowledge, card_files
from app.knowledge.source import Source, read_source, unreadable
from app.knowledge.validate import validate


def read_cases(
    folder: Path, read: Callable[[Path, str], Source] = read_source
) -> tuple[list[tuple[Source, CasesFile]], list[Problem]]:
    """Every cases file that is valid, and what is wrong with the others; each card needs one.

    Raises what `read` raises: OSError for a file that cannot be read.
    """
    valid: list[tuple[Source, CasesFile]] = []
    problems: list[Problem] = []
    for card in card_files(folder):
        path = card.with_suffix("").with_suffix(".cases.yaml")
        name = path.relative_to(folder).as_posix()
        if not path.is_file():
            problems.append(Problem(name, 1, "a cases file was expected beside the card"))
            continue
        source = read(path, name)
        file, wrong = validate(source, CasesFile)
        problems += wrong
        if file is not None:
            valid.append((source, file))
    return valid, problems


def _read_or_tell(path: Path, name: str) -> Source:
    try:
        return read_source(path, name)
    except OSError as error:
        return unreadable(name, error)


def check_cases(folder: Path, knowledge: Knowledge) -> list[Problem]:
    """Run every case, and look for what has none."""
    files, problems = read_cases(folder, _read_or_tell)
    problems += overlooked(folder)
    lexicon, decisions = build_lexicon(knowledge), decision_numbers(folder)
    for source, file in files:
        wrong = list(wrong_references(source, file, knowledge.vocabulary, decisions))
        problems += wrong or _check_file(source, file, lexicon)
    return problems


def _check_file(source: Source, file: CasesFile, lexicon: Lexicon) -> Iterator[Problem]:
    stem = source.file.rsplit("/", 1)[-1].removesuffix(".cases.yaml")
    if file.card != stem:
        yield source.problem(("card",), f"`{stem}` was expected, the card that stands beside it, not `{file.card}`")
        return
    # None where the card is retired: it says nothing that a case could hold.
    card = next((one for one in lexicon.knowledge.cards if one.id == stem), None)
    if card:
        vocabulary = lexicon.knowledge.vocabulary
        yield from (source.problem((), missing) for missing in missing_cases(file, card, vocabulary))
        yield from _failures(source, file, lexicon)


def _failures(source: Source, file: CasesFile, lexicon: Lexicon) -> Iterator[Problem]:
    for where, case in file.located_cases():
        for one in run_case(case, file.card, file.now, lexicon):
            yield source.problem(where, f"{case.name}: {one}")
