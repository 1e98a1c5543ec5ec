"""Feedback on a terminal."""

from __future__ import annotations

import sys

from app.serving.storage import database_of
from app.settings import Settings
from app.store.export import feedback_csv, summary_csv
from app.store.summary import summarise


async def print_feedback(settings: Settings, *, export: bool, comments: bool) -> None:
    """The summary or, for `export`, each item, as CSV; raises StoreUnavailable."""
    async with database_of(settings) as database:
        if not export:
            sys.stdout.write(summary_csv(await summarise(database)))
            return
        async for page in feedback_csv(database, comments=comments):
            sys.stdout.write(page)
