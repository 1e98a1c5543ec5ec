"""Advice to CDS Hooks cards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from app.knowledge import card as knowledge
from app.knowledge.knowledge import Knowledge
from app.knowledge.rules import OverrideReason
from app.reasoning.conclude import Advice
from app.rendering.context import Rendering
from app.rendering.detail import detail
from app.rendering.model import Card, Coding, Link, Source
from app.rendering.orders import suggestions
from app.rendering.summary import summary

TOPICS = "urn:legwork:card"
NON_ADHERENCE = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"


@dataclass(frozen=True, slots=True)
class _Printed:
    """What a card says whoever the patient is."""

    source: Source
    override_reasons: tuple[Coding, ...]
    links: tuple[Link, ...]


@lru_cache(maxsize=4)
def _printed(known: Knowledge, pages: str | None) -> Mapping[str, _Printed]:
    reasons = tuple(_reason(one) for one in known.override_reasons)
    return {card.id: _Printed(_source(card), reasons, (*_why(card, pages), *_links(card))) for card in known.cards}


def render_card(advice: Advice, rendering: Rendering) -> Card:
    """One card, complete."""
    found = advice.found
    buttons = suggestions(advice, rendering)
    printed = _printed(rendering.knowledge, rendering.pages)[found.card.id]
    return Card(
        uuid=rendering.uuid(found.card.id),
        summary=summary(advice, rendering),
        indicator=found.level or "info",
        detail=detail(advice, rendering),
        source=printed.source,
        suggestions=buttons,
        selection_behavior="any" if buttons else None,
        override_reasons=printed.override_reasons,
        links=printed.links,
    )


def _source(card: knowledge.Card) -> Source:
    evidence = card.evidence[card.source]
    label = f"{evidence.organisation} {evidence.year}" if evidence.year else evidence.organisation
    return Source(label=label, url=evidence.url, topic=Coding(system=TOPICS, code=card.id, display=card.title))


def _reason(reason: OverrideReason) -> Coding:
    return Coding(system=NON_ADHERENCE, code=reason.code, display=reason.display)


def _why(card: knowledge.Card, pages: str | None) -> Iterator[Link]:
    if pages:
        yield Link(label="Why am I seeing this?", url=f"{pages}/{card.id}", type="absolute")


def _links(card: knowledge.Card) -> tuple[Link, ...]:
    """The references, each address once."""
    by_url = {one.url: one for one in reversed(card.evidence.values()) if one.url}
    return tuple(
        Link(label=f"{one.organisation}: {one.citation}", url=url, type="absolute")
        for url, one in reversed(by_url.items())
    )
