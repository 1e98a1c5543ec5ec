"""What is stored, as values. None of it is patient data; `comment` is kept only when the operator says so."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

Outcome = Literal["accepted", "overridden"]


class IssuedCard(Struct, frozen=True, gc=False):
    """A card as a client got it: `suggestions` maps the uuid of each button to the name of its order."""

    uuid: str
    card: str
    knowledge: str
    indicator: str
    service: str
    client: str
    issued_at: datetime
    suggestions: dict[str, str] = {}


class Reason(Struct, frozen=True):
    """Why a card was overridden, by code; clients may leave out either part."""

    code: str | None = None
    system: str | None = None


class Feedback(Struct, frozen=True):
    """What a user did with a card (CDS Hooks, feedback). `outcome_at` is in UTC; `accepted` holds suggestion uuids."""

    card: str
    outcome: Outcome
    outcome_at: datetime
    accepted: tuple[str, ...] = ()
    reason: Reason | None = None
    comment: str | None = None


class Origin(Struct, frozen=True):
    """The call that feedback came with."""

    service: str
    client: str
    received_at: datetime
