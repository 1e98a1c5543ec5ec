"""`make mutants`: tries every loosened copy of the knowledge and reports those that no case or fixture notices.

Survivors that are known to change nothing a clinician would see stand in explained.txt, with the reason.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from app.cases.read import read_cases
from app.cases.run import run_case
from app.cases.schema import CasesFile
from app.explain.chart_file import ChartFile, read_chart_file
from app.facts.context import Lexicon, build_lexicon
from app.knowledge.knowledge import Knowledge, load_knowledge
from app.pipeline import evaluate
from app.settings import CARDS
from tests.mutation.mutants import Mutant, card_mutants, order_mutants, rule_mutants

FIXTURES = Path("fixtures")
EXPLAINED = Path(__file__).parent / "explained.txt"


@cache
def knowledge() -> Knowledge:
    return load_knowledge(CARDS)


@cache
def files() -> list[CasesFile]:
    return [file for _, file in read_cases(CARDS)[0]]


@cache
def fixtures() -> list[tuple[ChartFile, datetime, list[Any]]]:
    return [_fixture(path.parent) for path in sorted(FIXTURES.glob("*/*/expected.json"))]


def _fixture(folder: Path) -> tuple[ChartFile, datetime, list[Any]]:
    expected = msgspec.json.decode((folder / "expected.json").read_bytes())
    response = msgspec.json.decode((folder / "response.json").read_bytes())
    now = datetime.fromisoformat(expected["now"])
    return read_chart_file(folder / "request.json"), now, [_gist(card) for card in response["cards"]]


def _gist(card: Any) -> tuple[Any, ...]:
    suggestions = [(one["label"], one["actions"][0]["resource"]["priority"]) for one in card.get("suggestions", [])]
    return card["source"]["topic"]["code"], card["indicator"], card["summary"], card["detail"], tuple(suggestions)


def is_noticed(mutant: Mutant) -> bool:
    """Whether a case or a fixture gives another answer than it should.

    The cases of other cards look only at their own, so for a change in one card its own cases are enough.
    """
    lexicon = build_lexicon(mutant.knowledge)
    concerned = [file for file in files() if mutant.card in (None, file.card)]
    return any(_case_fails(file, lexicon) for file in concerned) or any(_fixture_differs(lexicon))


def _case_fails(file: CasesFile, lexicon: Lexicon) -> bool:
    return any(run_case(case, file.card, file.now, lexicon) for case in file.all_cases())


def _fixture_differs(lexicon: Lexicon) -> Iterator[bool]:
    for chart_file, now, cards in fixtures():
        answer = evaluate(chart_file.chart, lexicon, chart_file.subject, now, UUID(int=0)).response
        got = [_gist(card) for card in msgspec.json.decode(msgspec.json.encode(answer.cards))]
        yield got != cards


MUTANTS: dict[str, Callable[[Knowledge], Iterator[Mutant]]] = {
    "cards": lambda known: card_mutants(known, CARDS),
    "orders": order_mutants,
    "rules": rule_mutants,
}


def survivors(kind: str, share: float, part: int, parts: int) -> tuple[int, list[str]]:
    """How many mutants were tried in this part, and those that nothing noticed."""
    chosen = random.Random(0)  # noqa: S311 (a sample, the same each time)
    tried = [one for one in MUTANTS[kind](knowledge()) if chosen.random() < share][part::parts]
    return len(tried), [one.what for one in tried if not is_noticed(one)]


def explained() -> set[str]:
    lines = EXPLAINED.read_text(encoding="utf-8").splitlines() if EXPLAINED.is_file() else []
    return {line.split("  # ")[0].strip() for line in lines if line and not line.startswith("#")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="which share of the mutants to try")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    if is_noticed(Mutant("nothing", None, knowledge())):
        print("the knowledge fails its own cases and fixtures: mend these first")  # noqa: T201
        return 1
    jobs = [(kind, options.share, part, options.processes) for kind in MUTANTS for part in range(options.processes)]
    with ProcessPoolExecutor(options.processes) as pool:
        results = list(pool.map(survivors, *zip(*jobs, strict=True)))
    tried = sum(count for count, _ in results)
    alive = sorted(what for _, several in results for what in several)
    unexplained = [what for what in alive if what not in explained()]
    for what in unexplained:
        print(f"survived: {what}")  # noqa: T201 (the report is the point)
    print(f"{tried} mutants, {len(alive)} survived, {len(unexplained)} of them unexplained")  # noqa: T201
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
