"""Values for the store, and where tests keep it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from app.store.address import open_database
from app.store.database import Database
from app.store.records import Feedback, IssuedCard, Origin

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
SERVICE = "leg-weakness-workup"
CLIENT = "https://ehr.example"
ORIGIN = Origin(SERVICE, CLIENT, NOW)


@dataclass(frozen=True)
class Place:
    """Where a database is: the arguments of open_database."""

    url: str | None
    data_dir: Path

    def open(self) -> Database:
        """A database over it."""
        return open_database(self.url, self.data_dir)

    @property
    def arguments(self) -> list[str]:
        """For the command line of a child process."""
        return [self.url or "", str(self.data_dir)]


def issued(**fields: Any) -> IssuedCard:
    """A card that was just issued."""
    values = {
        "uuid": str(uuid4()),
        "card": "toy",
        "knowledge": "2026.1",
        "indicator": "warning",
        "service": SERVICE,
        "client": CLIENT,
        "issued_at": NOW,
    }
    return IssuedCard(**{**values, **fields})


def accepted(card: str, *suggestions: str, **fields: Any) -> Feedback:
    """A card whose suggestions were accepted."""
    return Feedback(**{"card": card, "outcome": "accepted", "outcome_at": NOW, "accepted": suggestions, **fields})


def overridden(card: str, **fields: Any) -> Feedback:
    """A card that was overridden."""
    return Feedback(**{"card": card, "outcome": "overridden", "outcome_at": NOW, **fields})
