"""A card file: one cause, red flag or workup, ordered as a clinician thinks."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.knowledge.base import Model, Name, Text
from app.knowledge.duration import Duration
from app.knowledge.logic import Logic
from app.knowledge.signal import AnySignal
from app.knowledge.vocabulary import Redundant

Level = Literal["critical", "warning", "info"]
LEVELS: tuple[Level, ...] = ("critical", "warning", "info")
Priority = Literal["stat", "asap", "urgent", "routine"]
PRIORITIES: tuple[Priority, ...] = ("stat", "asap", "urgent", "routine")
Attribute = Literal[
    "race",
    "ethnicity",
    "language",
    "sexual orientation",
    "gender identity",
    "sex",
    "date of birth",
    "social determinants of health",
    "health status assessments",
]


class AppliesTo(Model):
    """Which weakness the card answers; `also_on` names signals that speak for any: a coded emergency (decision 2)."""

    weakness: Literal["leg-weakness", "non-specific-weakness", "both"]
    also_on: tuple[Name, ...] = ()


class PromotedCap(Model):
    """The highest level when the leg weakness was inferred (decision 3), unless one of these signals is met."""

    at_most: Level
    unless: tuple[Name, ...] = ()


class AnsweredBy(Model):
    """The study whose report answers an emergency (decision 25): `level` and `detail` are what remains of it."""

    study: tuple[Name, ...]
    undated_within: Duration
    level: Level
    detail: Text | None = None


class YieldsTo(Model):
    """The cards that make this one needless, at these levels; `fold` lists it there as further evidence.

    `when` is asked of this card's own signals.
    """

    cards: tuple[Name, ...] | Literal["any"]
    at: tuple[Level, ...]
    fold: bool = False
    when: Logic | None = None


class WorkupItem(Model):
    """One order, in the card's sequence; `redundant` replaces the vocabulary's windows.

    `even_if_done_when` asks again for what was done, `even_if_ordered_when` also for what is ordered.
    """

    order: Name
    priority: Priority | dict[Level, Priority]
    line: Literal["first", "second"]
    reason: Text
    levels: tuple[Level, ...] = LEVELS
    when: Logic | None = None
    unless: Logic | None = None
    even_if_done_when: Logic | None = None
    even_if_ordered_when: Logic | None = None
    redundant: Redundant | None = None


class Words(Model):
    """What the card says at one level."""

    summary: Annotated[str, StringConstraints(min_length=1, max_length=139)]
    detail: Text


class Caution(Model):
    """A line the card adds when a signal is met; with `orders` it also goes into the note of these orders."""

    when: Logic
    text: Text
    orders: tuple[Name, ...] = ()
    evidence: Name | None = None


class Evidence(Model):
    """A source. `mark` is C (confirmed), C2 (secondary source) or D (design choice)."""

    citation: Text
    organisation: Text
    year: int | None = None
    url: Annotated[str, StringConstraints(pattern=r"^https?://")] | None = None
    checked: date
    mark: Literal["C", "C2", "D"]


class Review(Model):
    """Who answers for the card, and the source attributes of HTI-1 (b)(11)(iv)(A); citations stand under evidence."""

    developer: Text
    funding: Text
    reviewed_on: date | None
    review_due: date
    version: Text
    released: date
    revised: date | None
    uses: tuple[Attribute, ...]


class Card(Model):
    """One file. A draft is put to no patient; a card in shadow is, and counted, and not shown."""

    id: Name
    title: Text
    status: Literal["draft", "active", "shadow", "retired"]
    source_line: Text
    summary: Text
    applies_to: AppliesTo
    suspected_at_most: Level = "critical"
    promoted: PromotedCap | None = None
    signals: dict[str, AnySignal]
    levels: dict[Level, Logic] = Field(min_length=1)
    mentions: tuple[Name, ...] = ()
    needs_open_workup: bool = False
    answered_by: AnsweredBy | None = None
    yields_to: tuple[YieldsTo, ...] = ()
    workup: tuple[WorkupItem, ...]
    card: dict[Level, Words]
    cautions: tuple[Caution, ...] = ()
    limits: tuple[Text, ...] = Field(min_length=1)
    source: Name
    evidence: dict[str, Evidence]
    review: Review

    @property
    def evaluated(self) -> bool:
        """Whether it is put to patients."""
        return self.status in ("active", "shadow")

    @property
    def shown(self) -> bool:
        """Whether clinicians see it."""
        return self.status == "active"
