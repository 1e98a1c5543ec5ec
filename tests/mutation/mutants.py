"""Loosened copies of the knowledge: every threshold, window, list and level, changed one at a time."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
from pydantic import ValidationError

from app.knowledge.card import Card
from app.knowledge.knowledge import Knowledge, card_files
from app.knowledge.rules import EvaluationRules
from app.knowledge.source import read_source
from app.knowledge.vocabulary import OrderEntry

CUTS = ("below", "at_least", "above", "at_least_times_limit")
WINDOWS = ("within", "not_within", "older_than", "not_older_than", "undated_within", "started_before_weakness", "stay")
LISTS = ("finding", "medication", "study", "cards", "levels", "orders", "at", "unless", "weakness")
FACTORS = (0.9, 1.1)
Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class Mutant:
    """Knowledge with one change; `card` is the one it concerns, or None when it may concern any."""

    what: str
    card: str | None
    knowledge: Knowledge


def card_mutants(knowledge: Knowledge, folder: Path) -> Iterator[Mutant]:
    """Each card with each of its numbers, windows and lists changed."""
    for path in card_files(folder):
        source = read_source(path, path.name)
        if source.data.get("status") == "retired":
            continue
        for where, change in changes(source.data):
            what = f"{source.data['id']}: {'.'.join(map(str, where))} -> {change}"
            mutated = _mutated(source.data, where, change)
            card = _card(mutated)
            if card is not None:
                cards = tuple(card if one.id == card.id else one for one in knowledge.cards)
                yield Mutant(what, card.id, replace(knowledge, cards=cards))


def order_mutants(knowledge: Knowledge) -> Iterator[Mutant]:
    """Each window of each order that a card asks for, changed."""
    asked = {item.order for card in knowledge.cards for item in card.workup}
    for name in sorted(asked):
        entry = knowledge.vocabulary.orders[name]
        data = msgspec.json.decode(entry.model_dump_json())
        for where, change in changes(data.get("redundant") or {}, windows=("done", "done_acute", "ordered")):
            changed = OrderEntry.model_validate_json(msgspec.json.encode(_mutated(data, ("redundant", *where), change)))
            vocabulary = knowledge.vocabulary.model_copy(
                update={"orders": knowledge.vocabulary.orders | {name: changed}}
            )
            what = f"orders.yaml: {name}.{'.'.join(map(str, where))} -> {change}"
            yield Mutant(what, None, replace(knowledge, vocabulary=vocabulary))


def rule_mutants(knowledge: Knowledge) -> Iterator[Mutant]:
    """Each number and window of evaluation.yaml, changed."""
    data = msgspec.json.decode(knowledge.rules.model_dump_json())
    windows = (*WINDOWS, "encounter_diagnosis_counts", "future_tolerance", "acute_weakness", "quiet_after")
    for where, change in changes(
        data,
        cuts=("adult_from", "cards_at_most"),
        windows=windows,
        lists=("specific", "non_specific", "finding", "leg_directed"),
    ):
        rules = EvaluationRules.model_validate_json(msgspec.json.encode(_mutated(data, where, change)))
        yield Mutant(f"evaluation.yaml: {'.'.join(map(str, where))} -> {change}", None, replace(knowledge, rules=rules))


def changes(
    data: Any,
    cuts: tuple[str, ...] = CUTS,
    windows: tuple[str, ...] = WINDOWS,
    lists: tuple[str, ...] = LISTS,
    here: Path_ = (),
) -> Iterator[tuple[Path_, Any]]:
    """Every place and what to put there."""
    if isinstance(data, list):
        for index, item in enumerate(data):
            yield from changes(item, cuts, windows, lists, (*here, index))
    if not isinstance(data, dict):
        return
    for key, value in data.items():
        where = (*here, key)
        if key in windows and isinstance(value, str):
            yield from ((where, changed) for changed in _longer_and_shorter(value))
        elif key in cuts and isinstance(value, dict):
            yield from (((*where, unit), round(cut * factor, 3)) for unit, cut in value.items() for factor in FACTORS)
        elif key in cuts and isinstance(value, int | float) and not isinstance(value, bool):
            yield from ((where, value + step) for step in (-1, 1))
        elif (key in lists and isinstance(value, list) and len(value) > 1) or (
            key in ("all_of", "any_of", "none_of") and isinstance(value, list) and len(value) > 1
        ):
            yield from ((where, value[:index] + value[index + 1 :]) for index in range(len(value)))
        yield from changes(value, cuts, windows, lists, where)


def _longer_and_shorter(text: str) -> Iterator[str]:
    number, unit = text.split()
    for changed in (int(number) * 2, int(number) // 2):
        yield f"{changed} {unit}"


def _mutated(data: Any, where: Path_, change: Any) -> Any:
    changed = copy.deepcopy(data)
    place = changed
    for step in where[:-1]:
        place = place[step]
    place[where[-1]] = change
    return changed


def _card(data: Any) -> Card | None:
    """None when the loader itself refuses the change, which is as good as a failing test."""
    try:
        return Card.model_validate_json(msgspec.json.encode(data), strict=True)
    except ValidationError:
        return None
