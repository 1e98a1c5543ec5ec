"""One card as a page that a clinician can read and sign: plain data, rendered as HTML or sent as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import get_args

from msgspec import Struct

from app.catalogue.inputs import InputLine, describe_inputs
from app.catalogue.rules import CautionLine, RuleLine, describe_cautions, describe_rules
from app.catalogue.words import citation, describe, describe_logic
from app.knowledge.card import LEVELS, Attribute, Card, Evidence, WorkupItem
from app.knowledge.knowledge import Knowledge
from app.knowledge.vocabulary import OrderEntry, Vocabulary


class LevelLine(Struct, frozen=True, rename="camel"):
    """When the card fires at a level, and what it then says."""

    level: str
    when: str
    summary: str
    detail: str


class SignalLine(Struct, frozen=True, rename="camel"):
    """One question the card asks, where its number comes from, and how sure that is."""

    name: str
    asks: str
    role: str
    source: str
    mark: str


class OrderLine(Struct, frozen=True, rename="camel"):
    """One order, and what makes it needless."""

    order: str
    line: str
    priority: str
    reason: str
    condition: str
    redundant: str


class EvidenceLine(Struct, frozen=True, rename="camel"):
    """A source."""

    citation: str
    organisation: str
    year: int | None
    url: str | None
    checked: str
    mark: str


class CaseLine(Struct, frozen=True, rename="camel"):
    """A golden case, by its sentence."""

    name: str
    kind: str
    level: str


class CardPage(Struct, frozen=True, rename="camel"):
    """What a card asks, decides, says and suggests, and what that rests on.

    In conditions AND, OR and NOT in capitals join signals; a small `or` belongs to one signal. `source_attributes` are
    the thirteen of HTI-1 (b)(11)(iv)(A).
    """

    id: str
    title: str
    status: str
    purpose: str
    source_line: str
    applies_to: str
    version: str
    knowledge: str
    levels: tuple[LevelLine, ...]
    rules: tuple[RuleLine, ...]
    signals: tuple[SignalLine, ...]
    inputs: tuple[InputLine, ...]
    workup: tuple[OrderLine, ...]
    cautions: tuple[CautionLine, ...]
    limits: tuple[str, ...]
    evidence: tuple[EvidenceLine, ...]
    cases: tuple[CaseLine, ...]
    source_attributes: dict[str, str]
    signed: str
    review_due: str


def card_page(card: Card, knowledge: Knowledge, cases: Iterable[CaseLine] = ()) -> CardPage:
    """The page of a card."""
    vocabulary = knowledge.vocabulary
    levels = [level for level in LEVELS if level in card.levels]
    return CardPage(
        id=card.id,
        title=card.title,
        status=card.status,
        purpose=card.summary,
        source_line=card.source_line,
        applies_to=card.applies_to.weakness,
        version=card.review.version,
        knowledge=f"{knowledge.version} ({knowledge.content_hash})",
        levels=tuple(
            LevelLine(
                level,
                describe_logic(card.levels[level], card.signals, vocabulary),
                card.card[level].summary,
                card.card[level].detail,
            )
            for level in levels
        ),
        rules=tuple(describe_rules(card, knowledge)),
        signals=tuple(_signals(card, vocabulary)),
        inputs=tuple(describe_inputs(card, vocabulary)),
        workup=tuple(_order(item, card, vocabulary) for item in card.workup),
        cautions=tuple(describe_cautions(card, vocabulary)),
        limits=card.limits,
        evidence=tuple(_evidence(one) for one in card.evidence.values()),
        cases=tuple(cases),
        source_attributes=_source_attributes(card),
        signed=card.review.reviewed_on.isoformat() if card.review.reviewed_on else "not yet",
        review_due=card.review.review_due.isoformat(),
    )


def _signals(card: Card, vocabulary: Vocabulary) -> Iterator[SignalLine]:
    for name, signal in card.signals.items():
        source = card.evidence.get(signal.evidence or "")
        label, mark = (citation(source), source.mark) if source else ("", "")
        yield SignalLine(name, describe(signal, vocabulary), signal.role, label, mark)


def _order(item: WorkupItem, card: Card, vocabulary: Vocabulary) -> OrderLine:
    conditions = (
        ("when", item.when),
        ("unless", item.unless),
        ("even if done, when", item.even_if_done_when),
        ("even if done or ordered, when", item.even_if_ordered_when),
    )
    said = [f"{word} {describe_logic(one, card.signals, vocabulary)}" for word, one in conditions if one]
    levels = () if len(item.levels) == len(LEVELS) else (f"at {', '.join(item.levels)}",)
    priority = (
        item.priority if isinstance(item.priority, str) else ", ".join(f"{a}: {b}" for a, b in item.priority.items())
    )
    return OrderLine(
        order=vocabulary.orders[item.order].label,
        line=item.line,
        priority=priority,
        reason=item.reason,
        condition="; ".join((*levels, *said)),
        redundant=_windows(item, vocabulary.orders[item.order]),
    )


def _windows(item: WorkupItem, entry: OrderEntry) -> str:
    windows = item.redundant or entry.redundant
    if windows is None:
        return "never needless"
    acute = f" ({windows.done_acute.text} in acute weakness)" if windows.done_acute else ""
    onset = ", after the onset" if windows.after_onset else ""
    return f"done within {windows.done.text}{acute} or ordered within {windows.ordered.text}{onset} [D]"


def _evidence(one: Evidence) -> EvidenceLine:
    return EvidenceLine(one.citation, one.organisation, one.year, one.url, one.checked.isoformat(), one.mark)


def _source_attributes(card: Card) -> dict[str, str]:
    """45 CFR 170.315(b)(11)(iv)(A)(1) to (13)."""
    review = card.review
    revised = f", revised {review.revised.isoformat()}" if review.revised else ""
    citations = "; ".join(citation(one) for one in card.evidence.values())
    uses = {attribute: "used" if attribute in review.uses else "not used" for attribute in get_args(Attribute)}
    return {
        "bibliographic citation": citations,
        "developer": review.developer,
        "funding of the technical implementation": review.funding,
        "release and revision": f"released {review.released.isoformat()}{revised}",
        **uses,
    }
