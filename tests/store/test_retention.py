"""What is old goes; what is not stays."""

from __future__ import annotations

from datetime import timedelta

from app.store.database import Database
from app.store.feedback import save_feedback
from app.store.issued import save_issued
from app.store.records import Origin
from app.store.retention import delete_old_cards
from app.store.summary import summarise
from tests.support.store import NOW, ORIGIN, issued, overridden

OLD = NOW - timedelta(days=800)
BEFORE = NOW - timedelta(days=730)


async def test_old_cards_and_feedback_go_and_the_rest_stays(database: Database) -> None:
    await save_issued(database, [issued(issued_at=OLD) for _ in range(2500)] + [issued(uuid="young")])
    await save_issued(database, [issued(uuid="just", issued_at=BEFORE)])
    origin = Origin(ORIGIN.service, ORIGIN.client, OLD)
    await save_feedback(database, [overridden("old", comment="x")], origin, keep_comments=True)
    await save_feedback(database, [overridden("young")], ORIGIN, keep_comments=True)
    assert await delete_old_cards(database, BEFORE) == 2501
    summary = await summarise(database)
    assert [(card.shown, card.overridden) for card in summary.cards] == [(2, 1)]
    assert summary.unknown_overridden == 0
    assert await delete_old_cards(database, BEFORE) == 0
