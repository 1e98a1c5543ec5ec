"""Copies of the knowledge with one change each, made only when they are tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import msgspec
from pydantic import ValidationError

from app.knowledge.card import Card
from app.knowledge.knowledge import Knowledge, card_files
from app.knowledge.rules import EvaluationRules, OrderCaution
from app.knowledge.source import read_source
from app.knowledge.vocabulary import OrderEntry, Vocabulary
from tests.mutation.changes import Change, changes

Kind = Literal["card", "order", "rule", "caution", "code"]
LISTS_OF_CODES = ("snomed", "icd10cm", "icd10cm_under", "loinc", "units", "systemic", "non_systemic", "unclassified")


@dataclass(frozen=True)
class Mutant:
    """One change: `about` names the card or the order. `make` returns None when the loader itself refuses it."""

    kind: Kind
    about: str
    what: str
    make: Callable[[], Knowledge | None]


def card_mutants(knowledge: Knowledge, folder: Path) -> Iterator[Mutant]:
    """Each card with each of its numbers, windows, lists and conditions changed."""
    for path in card_files(folder):
        data = read_source(path, path.name).data
        if data["status"] != "retired":
            yield from (_card_mutant(data, change, knowledge) for change in changes(data))


def _card_mutant(data: Any, change: Change, knowledge: Knowledge) -> Mutant:
    def make() -> Knowledge | None:
        card = _read(Card, change.made(data))
        cards = tuple(card if card and one.id == card.id else one for one in knowledge.cards)
        return card and replace(knowledge, cards=cards)

    return Mutant("card", data["id"], f"{data['id']}: {change}", make)


def order_mutants(knowledge: Knowledge) -> Iterator[Mutant]:
    """Each order of orders.yaml with each of its windows, and what makes it needless, changed."""
    for name, entry in knowledge.vocabulary.orders.items():
        data = msgspec.json.decode(entry.model_dump_json())
        yield from (_order_mutant(name, data, change, knowledge) for change in changes(data))


def _order_mutant(name: str, data: Any, change: Change, knowledge: Knowledge) -> Mutant:
    def make() -> Knowledge | None:
        entry = _read(OrderEntry, change.made(data))
        return entry and _with(knowledge, orders=knowledge.vocabulary.orders | {name: entry})

    return Mutant("order", name, f"orders.yaml: {name}.{change}", make)


def rule_mutants(knowledge: Knowledge) -> Iterator[Mutant]:
    """evaluation.yaml with each number, window and list changed."""
    data = msgspec.json.decode(knowledge.rules.model_dump_json())
    for change in changes(data):
        yield Mutant("rule", "", f"evaluation.yaml: {change}", _rules(data, change, knowledge))


def _rules(data: Any, change: Change, knowledge: Knowledge) -> Callable[[], Knowledge | None]:
    def make() -> Knowledge | None:
        rules = _read(EvaluationRules, change.made(data))
        return rules and replace(knowledge, rules=rules)

    return make


def caution_mutants(knowledge: Knowledge) -> Iterator[Mutant]:
    """cautions.yaml with each order, finding and drug left out."""
    for index, caution in enumerate(knowledge.order_cautions):
        data = msgspec.json.decode(caution.model_dump_json())
        for change in changes(data):
            yield Mutant("caution", "", f"cautions.yaml: {index}.{change}", _caution(index, data, change, knowledge))


def _caution(index: int, data: Any, change: Change, knowledge: Knowledge) -> Callable[[], Knowledge | None]:
    def make() -> Knowledge | None:
        caution = _read(OrderCaution, change.made(data))
        several = knowledge.order_cautions
        return caution and replace(knowledge, order_cautions=(*several[:index], caution, *several[index + 1 :]))

    return make


def code_mutants(knowledge: Knowledge) -> Iterator[Mutant]:
    """The vocabulary with each code left out, and each list with a code that is not in it."""
    for kind in ("findings", "labs", "medications", "orders"):
        for name, entry in getattr(knowledge.vocabulary, kind).items():
            data = msgspec.json.decode(entry.model_dump_json())
            for change in code_changes(data):
                make = _entry(kind, name, type(entry), change.made(data), knowledge)
                yield Mutant("code", name, f"{kind}: {name}.{change}", make)


def code_changes(data: Any, here: tuple[str, ...] = ()) -> Iterator[Change]:
    """Each code left out, and one added to each list."""
    for key, value in data.items() if isinstance(data, dict) else ():
        where = (*here, key)
        if key in LISTS_OF_CODES:
            yield from (Change((*where, code), None) for code in value)
            yield Change((*where, "0000"), 1 if key == "units" else "a code that does not belong here")
        elif key == "rxnorm":
            yield Change(where, "0000")
        else:
            yield from code_changes(value, where)


def _entry(kind: str, name: str, model: type[Any], data: Any, knowledge: Knowledge) -> Callable[[], Knowledge | None]:
    def make() -> Knowledge | None:
        entry = _read(model, data)
        return entry and _with(knowledge, **{kind: getattr(knowledge.vocabulary, kind) | {name: entry}})

    return make


def _with(knowledge: Knowledge, **parts: Any) -> Knowledge:
    """The same with another vocabulary."""
    vocabulary: Vocabulary = knowledge.vocabulary.model_copy(update=parts)
    return replace(knowledge, vocabulary=vocabulary)


def _read(model: type[Any], data: Any) -> Any:
    """None when the loader itself refuses the change, which is as good as a failing test."""
    try:
        return model.model_validate_json(msgspec.json.encode(data), strict=True)
    except ValidationError:
        return None
