"""Whether any test would notice that the knowledge was changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
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
from tests.knowledge.probe import Probe
from tests.knowledge.test_card_notes import wrong_notes
from tests.knowledge.test_card_windows import wrong_card_windows
from tests.knowledge.test_evaluation_rules import wrong_rules
from tests.knowledge.test_order_cautions import wrong_cautions
from tests.knowledge.test_redundancy_windows import wrong_windows
from tests.knowledge.test_vocabulary_listing import wrong_codes
from tests.mutation.mutants import Mutant

FIXTURES = Path("fixtures")
Gist = tuple[Any, ...]


@dataclass(frozen=True)
class Fixture:
    """A whole patient, and the gist of the cards that we stand by."""

    name: str
    file: ChartFile
    now: datetime
    cards: list[Gist]


def is_noticed(mutant: Mutant) -> bool:
    """Whether a test that looks at this kind of change fails, or a case or fixture answers otherwise."""
    changed = mutant.make()
    return changed is None or any(_wrong(mutant, changed))


def _wrong(mutant: Mutant, changed: Knowledge) -> Iterator[str]:
    if mutant.kind == "code":
        yield from wrong_codes(changed)
        return
    # Cards, orders and cautions have no phrases to be compiled anew.
    lexicon = build_lexicon(changed) if mutant.kind == "rule" else replace(_lexicon(), knowledge=changed)
    match mutant.kind:
        case "order":
            yield from wrong_windows(mutant.about, Probe(lexicon))
        case "rule":
            yield from wrong_rules(Probe(lexicon))
        case "caution":
            yield from wrong_cautions(Probe(lexicon))
    # The cases of other cards look only at their own.
    yield from wrong_answers(lexicon, mutant.about if mutant.kind == "card" else None)
    if mutant.kind == "card":
        yield from wrong_notes(mutant.about, lexicon)
        yield from wrong_card_windows(mutant.about, lexicon)


@cache
def _lexicon() -> Lexicon:
    """Of the knowledge of the repository."""
    return build_lexicon(load_knowledge(CARDS))


def wrong_answers(lexicon: Lexicon, card: str | None = None) -> Iterator[str]:
    """The cases of one card, or of all, and the fixtures that get another answer than they should."""
    for file in files():
        if card in (None, file.card):
            yield from (case.name for case in file.all_cases() if run_case(case, file.card, file.now, lexicon))
    yield from (one.name for one in fixtures() if _cards(one, lexicon) != one.cards)


@cache
def files() -> list[CasesFile]:
    """Every cases file."""
    return [file for _, file in read_cases(CARDS)[0]]


@cache
def fixtures() -> list[Fixture]:
    """Every whole patient."""
    return [_fixture(path.parent) for path in sorted(FIXTURES.glob("*/*/expected.json"))]


def _fixture(folder: Path) -> Fixture:
    expected = msgspec.json.decode((folder / "expected.json").read_bytes())
    response = msgspec.json.decode((folder / "response.json").read_bytes())
    now = datetime.fromisoformat(expected["now"])
    return Fixture(
        folder.name, read_chart_file(folder / "request.json"), now, [_gist(one) for one in response["cards"]]
    )


def _cards(fixture: Fixture, lexicon: Lexicon) -> list[Gist]:
    """The answer to a fixture."""
    asked = fixture.file
    answer = evaluate(asked.chart, lexicon, asked.subject, fixture.now, UUID(int=0)).response
    return [_gist(card) for card in msgspec.json.decode(msgspec.json.encode(answer.cards))]


def _gist(card: Any) -> Gist:
    orders = [one["actions"][0]["resource"] for one in card.get("suggestions", [])]
    suggestions = [(one["code"]["text"], one["priority"], one.get("note")) for one in orders]
    return card["source"]["topic"]["code"], card["indicator"], card["summary"], card["detail"], suggestions
