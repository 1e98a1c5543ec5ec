"""The rules that stand beside a card's levels: where else it applies, what lowers it, which cards it gives way to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from app.catalogue.words import citation, describe, describe_logic
from app.knowledge.card import LEVELS, AnsweredBy, Card, Caution, Level, YieldsTo
from app.knowledge.knowledge import Knowledge
from app.knowledge.logic import Logic
from app.knowledge.vocabulary import Vocabulary


class RuleLine(Struct, frozen=True, rename="camel"):
    """One rule: what it is about, and what it says."""

    about: str
    says: str


class CautionLine(Struct, frozen=True, rename="camel"):
    """What the card may add, when, into the notes of which orders, where that comes from, and how sure that is."""

    text: str
    when: str
    orders: tuple[str, ...]
    source: str
    mark: str


def describe_rules(card: Card, knowledge: Knowledge) -> Iterator[RuleLine]:
    """Every rule of a card that decides whether and how loudly it speaks, and is not one of its levels."""
    titles = {one.id: one.title for one in knowledge.cards}
    yield from _level(card, knowledge.vocabulary)
    yield from _answered(card.answered_by, knowledge.vocabulary)
    yield from (RuleLine("gives way", _gives_way(rule, card, knowledge.vocabulary, titles)) for rule in card.yields_to)
    yield from _shown(card, knowledge.vocabulary)


def describe_cautions(card: Card, vocabulary: Vocabulary) -> Iterator[CautionLine]:
    """Every caution of a card."""
    return (_caution(one, card, vocabulary) for one in card.cautions)


def _any_of(names: Iterable[str], card: Card, vocabulary: Vocabulary) -> str:
    return describe_logic(Logic(any_of=tuple(names)), card.signals, vocabulary)


def _level(card: Card, vocabulary: Vocabulary) -> Iterator[RuleLine]:
    if card.applies_to.also_on:
        also = _any_of(card.applies_to.also_on, card, vocabulary)
        yield RuleLine("applies also", f"to any other weakness, when {also}")
    yield RuleLine("only suspected", _suspected(card.suspected_at_most))
    if card.promoted:
        unless = f", unless {_any_of(card.promoted.unless, card, vocabulary)}" if card.promoted.unless else ""
        yield RuleLine("leg weakness only inferred", f"{card.promoted.at_most} at most{unless}")


def _suspected(at_most: Level) -> str:
    if at_most == LEVELS[0]:
        return "keeps its level, and says that it is suspected"
    return f"{at_most} at most, unless what is confirmed is enough for more"


def _answered(rule: AnsweredBy | None, vocabulary: Vocabulary) -> Iterator[RuleLine]:
    if rule is None:
        return
    studies = " OR ".join(vocabulary.orders[name].label for name in rule.study)
    yield RuleLine(
        "answered",
        f"by a report of {studies} that came after every sign that decided; a sign without a date is answered by a "
        f"report of the last {rule.undated_within.text}. The level is then {rule.level} at most, and that study is not "
        "suggested again",
    )
    if rule.detail:
        yield RuleLine("once answered, says", " ".join(rule.detail.split()))


def _shown(card: Card, vocabulary: Vocabulary) -> Iterator[RuleLine]:
    if card.needs_open_workup:
        yield RuleLine("not shown", "when what it asks for was done, was ordered, or stands on another card")
    if card.mentions:
        mentioned = "; ".join(describe(card.signals[name], vocabulary) for name in card.mentions)
        yield RuleLine("shows beside what decided", mentioned)


def _gives_way(rule: YieldsTo, card: Card, vocabulary: Vocabulary, titles: dict[str, str]) -> str:
    levels = " or ".join(rule.at)
    if rule.cards == "any":
        winners = f"any card at {levels} that is not less urgent than this one"
    else:
        winners = f"{' OR '.join(titles.get(name, name) for name in rule.cards)} at {levels}"
    fold = ", which lists it as further evidence" if rule.fold else ""
    when = f", when {describe_logic(rule.when, card.signals, vocabulary)}" if rule.when else ""
    return f"to {winners}{fold}{when}"


def _caution(caution: Caution, card: Card, vocabulary: Vocabulary) -> CautionLine:
    source = card.evidence.get(caution.evidence or "")
    return CautionLine(
        text=caution.text,
        when=describe_logic(caution.when, card.signals, vocabulary),
        orders=tuple(vocabulary.orders[name].label for name in caution.orders),
        source=citation(source) if source else "",
        mark=source.mark if source else "",
    )
