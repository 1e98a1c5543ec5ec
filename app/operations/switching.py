"""Switching a card or a client off and on, at once and for all workers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.chart.decode import UNREADABLE
from app.errors import MalformedRequest
from app.serving.serving import Serving
from app.store.database import Database
from app.store.switches import SwitchKind, switch_off, switch_on

_BY = "operator"

# Not every database can be asked for a name with a NUL in it.
Name = Annotated[
    str, Meta(pattern=r"^[^\x00-\x1f\x7f]{1,255}\Z", description="the id of a card, or the iss of a client")
]


class Change(Struct, frozen=True, forbid_unknown_fields=True):
    """What to switch: `name` is the id of a card or the `iss` of a client."""

    kind: SwitchKind
    name: Name
    on: bool


def decode_change(body: bytes) -> Change:
    """Raises MalformedRequest that says what was expected."""
    try:
        return msgspec.json.decode(body, type=Change)
    except UNREADABLE as error:
        raise MalformedRequest(
            '`{"kind": "card" or "client", "name": "…", "on": true or false}` was expected'
        ) from error


async def change_switch(database: Database, change: Change, serving: Serving, now: datetime) -> None:
    """Raises MalformedRequest for a name that nothing has (switching on is always allowed), and StoreUnavailable."""
    if change.on:
        await switch_on(database, change.kind, change.name)
        return
    names = serving.names(change.kind)
    if change.name not in names:
        raise MalformedRequest(f"the name of a {change.kind} was expected: {', '.join(sorted(names))}", "name")
    await switch_off(database, change.kind, change.name, at=now, by=_BY)
