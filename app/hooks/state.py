"""What calls are answered with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from app.clients.address import origin_of
from app.facts.context import Lexicon
from app.fhir.fetcher import Fetcher
from app.observability.pseudonym import Pseudonyms
from app.security.tokens import Verifier
from app.store.database import Database
from app.store.recorder import Recorder


@dataclass(frozen=True, slots=True)
class State:
    """All that an operator can change while the service runs. A call sees one State from beginning to end.

    `lexicon` is without the cards that are switched off; `discovery` is the answer to GET /cds-services.
    """

    lexicon: Lexicon
    discovery: bytes
    verifier: Verifier
    fetcher: Fetcher
    off_cards: frozenset[str] = frozenset()
    off_clients: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Edge:
    """All that stays as it is while the process lives; `current` gives the State of now, `clock` the time.

    `fetch_budget` is in seconds.
    """

    base_url: str
    development: bool
    fetch_budget: float
    keep_comments: bool
    pseudonyms: Pseudonyms
    database: Database
    recorder: Recorder
    current: Callable[[], State]
    clock: Callable[[], datetime]
    origin: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "origin", origin_of(self.base_url))
