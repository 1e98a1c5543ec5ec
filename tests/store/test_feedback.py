"""Feedback is stored durably, all or nothing, and once (protocol B1 to B4)."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from app.store.database import Database
from app.store.feedback import save_feedback
from app.store.records import Feedback, Origin, Reason
from app.store.tables import feedback
from tests.support.store import LATER, NOW, ORIGIN, Place, accepted, overridden


async def stored(database: Database) -> list[dict[str, Any]]:
    async with database.read() as connection:
        rows = await connection.execute(select(feedback).order_by(feedback.c.id))
        return [dict(row) for row in rows.mappings()]


async def save(database: Database, *items: Feedback, origin: Origin = ORIGIN, keep_comments: bool = False) -> None:
    await save_feedback(database, items, origin, keep_comments=keep_comments)


async def test_feedback_is_there_for_whoever_opens_the_database_next(place: Place) -> None:
    database = place.open()
    await save(database, accepted("c1", "s1", "s2"), overridden("c2", reason=Reason("patient-ineligible", "urn:x")))
    await database.close()
    again = place.open()
    first, second = sorted(await stored(again), key=lambda row: str(row["card"]))
    await again.close()
    assert (first["outcome"], first["accepted"], first["outcome_at"]) == ("accepted", ["s1", "s2"], NOW)
    assert (second["outcome"], second["reason_code"], second["reason_system"]) == (
        "overridden",
        "patient-ineligible",
        "urn:x",
    )
    assert (first["service"], first["client"], first["received_at"]) == (
        ORIGIN.service,
        ORIGIN.client,
        ORIGIN.received_at,
    )


async def test_an_identical_item_is_stored_once(database: Database) -> None:
    item = accepted("c1", "s1", "s2")
    await save(database, item, item)
    await save(database, item, origin=Origin(ORIGIN.service, ORIGIN.client, LATER))
    await save(database, accepted("c1", "s2", "s1"))
    (row,) = await stored(database)
    assert row["received_at"] == NOW


@pytest.mark.parametrize(
    "other",
    [
        accepted("c2", "s1"),
        accepted("c1", "s2"),
        accepted("c1", "s1", outcome_at=LATER),
        overridden("c1"),
        overridden("c1", reason=Reason("x")),
    ],
)
async def test_items_that_differ_are_all_stored(database: Database, other: Feedback) -> None:
    await save(database, accepted("c1", "s1"), other)
    assert len(await stored(database)) == 2


async def test_the_same_item_from_another_client_is_another_item(database: Database) -> None:
    await save(database, accepted("c1", "s1"))
    await save(database, accepted("c1", "s1"), origin=Origin(ORIGIN.service, "https://other.example", NOW))
    assert len(await stored(database)) == 2


async def test_a_comment_is_not_stored_unless_the_operator_says_so(database: Database) -> None:
    item = overridden("c1", comment="as discussed with Mrs Example")
    await save(database, item)
    (row,) = await stored(database)
    assert row["comment"] is None
    await save(database, item, keep_comments=True)
    assert [row["comment"] for row in await stored(database)] == [None, "as discussed with Mrs Example"]


async def test_a_call_without_items_asks_no_database(tmp_path: Any) -> None:
    unreachable = Place("postgresql://nobody@127.0.0.1:1/none", tmp_path).open()
    await save(unreachable)
    await unreachable.close()


async def test_when_one_item_cannot_be_stored_none_is_and_no_error_tells_what_users_wrote(database: Database) -> None:
    bad = overridden("c9", outcome_at=NOW.replace(tzinfo=None), comment="Mrs Example")
    with pytest.raises(StatementError, match="without zone") as raised:
        await save(database, accepted("c1", "s1"), bad, keep_comments=True)
    assert "Mrs Example" not in str(raised.value)
    assert await stored(database) == []


async def test_the_same_items_in_another_order_at_the_same_time_are_stored_once(place: Place) -> None:
    items = [overridden(f"c{n}") for n in range(400)]
    databases = [place.open() for _ in range(4)]
    for database in databases:
        await database.prepare()
    orders = (items, items[::-1], items[200:] + items[:200], items[::2] + items[1::2])
    await asyncio.gather(*(save(database, *order) for database, order in zip(databases, orders, strict=True)))
    assert len(await stored(databases[0])) == 400
    for database in databases:
        await database.close()


async def test_a_transaction_that_fails_half_way_leaves_nothing(database: Database) -> None:
    async def fail_half_way() -> None:
        async with database.write() as connection:
            await connection.execute(text("DELETE FROM generation"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_half_way()
    async with database.read() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM generation")) == 1


async def test_a_call_that_is_cancelled_stores_all_or_nothing_and_harms_no_other(database: Database) -> None:
    items = [overridden(f"c{n}") for n in range(300)]
    for patience in range(30):
        call = asyncio.create_task(save(database, *items, origin=Origin(str(patience), ORIGIN.client, NOW)))
        await asyncio.sleep(patience / 2000)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
    await save(database, *items, origin=Origin("last", ORIGIN.client, NOW))
    counted = Counter(row["service"] for row in await stored(database))
    assert counted["last"] == 300
    assert set(counted.values()) == {300}
