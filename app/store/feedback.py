"""Feedback is stored all or nothing, and each item once (protocol B2, B3)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import structs

from app.store.database import Database
from app.store.insert import insert_new
from app.store.records import Feedback, Origin, Reason
from app.store.tables import feedback


async def save_feedback(database: Database, items: Sequence[Feedback], origin: Origin, *, keep_comments: bool) -> None:
    """Store the items; on return they are on the disk. Raises StoreUnavailable, and has stored nothing then."""
    kept = items if keep_comments else [structs.replace(item, comment=None) for item in items]
    rows = [_row(item, origin) for item in kept]
    if not rows:
        return
    rows.sort(key=lambda row: bytes(row["digest"]))  # two calls with the same items must not wait for each other
    async with database.write() as connection:
        await connection.run_sync(insert_new, feedback, rows)


def _row(item: Feedback, origin: Origin) -> dict[str, Any]:
    reason = item.reason or Reason()
    return {
        "digest": _digest(item, origin),
        "card": item.card,
        "service": origin.service,
        "client": origin.client,
        "outcome": item.outcome,
        "outcome_at": item.outcome_at,
        "accepted": item.accepted,
        "reason_code": reason.code,
        "reason_system": reason.system,
        "comment": item.comment,
        "received_at": origin.received_at,
    }


def _digest(item: Feedback, origin: Origin) -> bytes:
    """Equal for items that say the same."""
    same = structs.replace(item, accepted=tuple(sorted(set(item.accepted))))
    return hashlib.sha256(msgspec.json.encode((origin.service, origin.client, same))).digest()
