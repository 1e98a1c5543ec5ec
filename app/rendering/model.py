"""What CDS Hooks sends, field by field. Fields at their default are left out (protocol M2)."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from msgspec import Struct


class Coding(Struct, frozen=True, omit_defaults=True):
    """A coding; `display` is required by CDS Hooks wherever we send one."""

    system: str
    code: str
    display: str


class Source(Struct, frozen=True, omit_defaults=True):
    """Whose advice it is."""

    label: str
    topic: Coding
    url: str | None = None


class Action(Struct, frozen=True, omit_defaults=True):
    """A resource to create."""

    type: Literal["create"]
    description: str
    resource: dict[str, Any]


class Suggestion(Struct, frozen=True, omit_defaults=True):
    """A button."""

    label: str
    uuid: UUID
    actions: tuple[Action, ...]


class Link(Struct, frozen=True, omit_defaults=True):
    """A page that opens beside the chart."""

    label: str
    url: str
    type: Literal["absolute"]


class Card(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """CDS Hooks 2.0.1, card attributes."""

    uuid: UUID
    summary: str
    indicator: Literal["info", "warning", "critical"]
    detail: str
    source: Source
    suggestions: tuple[Suggestion, ...] = ()
    selection_behavior: Literal["any"] | None = None
    override_reasons: tuple[Coding, ...] = ()
    links: tuple[Link, ...] = ()


class Response(Struct, frozen=True):
    """CDS Hooks 2.0.1, response: `cards` is there even when empty."""

    cards: tuple[Card, ...]
    extension: dict[str, Any]
