"""What cases refer to must be there: with a mistyped name a case would test something else than it says."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from app.cases.facts import AnyFact, FindingCase, LabCase, MedicationCase, OrderCase, ProcedureCase, ReportCase
from app.cases.schema import Case, CasesFile, Thresholds
from app.errors import Problem
from app.knowledge.check import Issue, unknown_names
from app.knowledge.source import Location, Source
from app.knowledge.vocabulary import Vocabulary

_DECISIONS = Path("docs", "clinical-decisions.md")


def decision_numbers(folder: Path) -> frozenset[int]:
    """The numbers of the clinical decisions, which stand beside the knowledge folder of a checkout; else none."""
    page = folder.resolve().parent / _DECISIONS
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    return frozenset(int(number) for number in re.findall(r"^(\d+)\. ", text, re.MULTILINE))


def wrong_references(
    source: Source, file: CasesFile, vocabulary: Vocabulary, decisions: Collection[int]
) -> Iterator[Problem]:
    """Names that are in no vocabulary; and numbers that no decision has, where the decisions are known."""
    several: list[tuple[Location, Case | Thresholds]] = [
        *((("cases", index), case) for index, case in enumerate(file.cases)),
        *((("thresholds", index), one) for index, one in enumerate(file.thresholds)),
    ]
    for here, one in several:
        for where, message in _in_case(one, vocabulary, decisions):
            yield source.problem((*here, *where), message)


def _in_case(case: Case | Thresholds, vocabulary: Vocabulary, decisions: Collection[int]) -> Iterator[Issue]:
    for number in case.decisions if decisions else ():
        if number not in decisions:
            yield ("decisions",), f"{_DECISIONS.as_posix()} has no decision {number}"
    for index, fact in enumerate(case.chart):
        yield from _in_fact(("chart", index), fact, vocabulary)
    if isinstance(case, Thresholds):
        yield from _in_lab(("lab",), case.lab, vocabulary)
        return
    expect = case.expect
    for word, names in (
        ("orders", expect.orders),
        ("not_orders", expect.not_orders),
        ("priorities", expect.priorities),
    ):
        yield from unknown_names(("expect", word), "order", names, vocabulary.orders)


def _in_fact(here: Location, fact: AnyFact, vocabulary: Vocabulary) -> Iterator[Issue]:
    match fact:
        case FindingCase():
            yield from unknown_names((*here, "finding"), "finding", (fact.finding,), vocabulary.findings)
        case LabCase():
            yield from _in_lab((*here, "lab"), fact.lab, vocabulary)
        case MedicationCase():
            yield from _in_medication(here, fact, vocabulary)
        case OrderCase():
            yield from unknown_names((*here, "order"), "order", (fact.order,), vocabulary.orders)
        case ReportCase():
            yield from unknown_names((*here, "report"), "order", (fact.report,), vocabulary.orders)
        case ProcedureCase():
            yield from unknown_names((*here, "procedure"), "order", (fact.procedure,), vocabulary.orders)


def _in_medication(here: Location, fact: MedicationCase, vocabulary: Vocabulary) -> Iterator[Issue]:
    yield from unknown_names((*here, "medication"), "medication", (fact.medication,), vocabulary.medications)
    group = vocabulary.medications.get(fact.medication)
    if group and fact.ingredient:
        yield from unknown_names((*here, "ingredient"), "ingredient", (fact.ingredient,), group.ingredients)


def _in_lab(where: Location, name: str, vocabulary: Vocabulary) -> Iterator[Issue]:
    yield from unknown_names(where, "lab", (name,), vocabulary.labs)
    if name in vocabulary.labs and vocabulary.labs[name].calculated:
        yield where, f"`{name}` is calculated: the labs it is made of were expected"
