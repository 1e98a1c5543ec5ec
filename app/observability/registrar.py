"""Keeps the registry of chains up to date, in order, also when it is away for a while."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from time import monotonic

from app.errors import Unavailable
from app.observability.chain import ChainFile
from app.observability.registry import ChainRegistry

_RETRY_SECONDS = 5.0
_ADVANCE_SECONDS = 60.0


class Registrar:
    """What is to be registered waits here until the registry has taken it. Not for several threads at once."""

    def __init__(self, registry: ChainRegistry) -> None:
        self._registry = registry
        self._due: deque[Callable[[], None]] = deque()
        self._retry_at = self._advance_at = 0.0

    def opened(self, chain: ChainFile) -> None:
        """A chain began."""
        self._due.append(partial(self._registry.open_chain, chain.id, chain.opened, chain.first_hash))
        self._advance_at = monotonic() + _ADVANCE_SECONDS

    def closed(self, chain: ChainFile) -> None:
        """A chain ended."""
        self._due.append(partial(self._registry.close_chain, chain.id, chain.last_index, chain.last_hash))

    def expired(self, path: Path, chain: str, started_before: datetime) -> None:
        """A chain need not be kept: the registry forgets it first, so that its missing file is no riddle."""

        def forget() -> None:
            self._registry.forget_chain(chain, started_before)
            path.unlink(missing_ok=True)

        self._due.append(forget)

    def work(self, current: ChainFile | None, *, last: bool = False) -> None:
        """Register what waits; raises Unavailable, then nothing is tried for 5 s, unless this is the `last` time.

        What fails otherwise is a bug: it is raised and given up.

        Once a minute the end so far of the current chain is registered, so that no more can be cut from it unseen.
        """
        now = monotonic()
        if now < self._retry_at and not last:
            return
        if current and now >= self._advance_at:
            self._advance_at = now + _ADVANCE_SECONDS
            self._due.append(partial(self._registry.advance_chain, current.id, current.last_index, current.last_hash))
        try:
            while self._due:
                self._due[0]()
                self._due.popleft()
        except Unavailable:
            self._retry_at = monotonic() + _RETRY_SECONDS
            raise
        except Exception:
            self._due.popleft()  # it would fail again, and keep all others from being registered
            raise
