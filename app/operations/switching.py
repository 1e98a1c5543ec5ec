"""Switching a card or a client off and on, at once and for all workers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.chart.decode import UNREADABLE
from app.clients.read import ClientsError
from app.errors import KnowledgeError, MalformedRequest
from app.serving.files import read_files
from app.serving.storage import database_of
from app.settings import Settings
from app.store.database import Database
from app.store.switches import SharedState, Switch, SwitchKind, read_state, switch_off, switch_on

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


async def change_switch(
    database: Database, change: Change, names: Collection[str] | None, now: datetime
) -> SharedState:
    """What is switched off afterwards; raises StoreUnavailable, and MalformedRequest for a name that nothing has.

    Switching on is always allowed: what was switched off may have been taken out of the files since. So is switching
    off when nobody can say what `names` there are.
    """
    if change.on:
        await switch_on(database, change.kind, change.name)
    elif names is None or change.name in names:
        await switch_off(database, change.kind, change.name, at=now, by=_BY)
    else:
        known = ", ".join(sorted(names)) or "there is none"
        raise MalformedRequest(f"the name of a {change.kind} was expected: {known}", "name")
    return await read_state(database)


async def switch_everywhere(settings: Settings, change: Change) -> tuple[Switch, ...]:
    """As `change_switch`, from a process that serves nothing."""
    async with database_of(settings) as database:
        return (await change_switch(database, change, _names(settings, change.kind), datetime.now(UTC))).switches


def _names(settings: Settings, kind: SwitchKind) -> Collection[str] | None:
    """None when the files are not fit for use: the off-switch must work while they are being edited."""
    try:
        return read_files(settings).names(kind, settings)
    except (KnowledgeError, ClientsError):
        return None
