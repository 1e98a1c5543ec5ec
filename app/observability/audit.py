"""The audit trail: who was answered what, in chains that show when they were tampered with (chain.py).

A call never waits for the trail, and goes on when the trail cannot be written, for example on a full disk: an alarm
about a cord compression matters more than its record. The failure is counted and logged at once; up to 100,000
records wait and are written when there is room again; how many were lost beyond that stands in the chain itself.
A process that is killed loses the records of its last half second.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from time import monotonic
from typing import Literal

from app.errors import Unavailable
from app.observability.buffer import BufferedWriter
from app.observability.call import CallRecord, Endpoint
from app.observability.chain import AuditRecord, ChainFile, day_and_chain
from app.observability.registrar import Registrar
from app.observability.registry import ChainRegistry

log = logging.getLogger(__name__)

AuditFailure = Literal["write", "registry", "lost"]
_AUDITED: frozenset[Endpoint] = frozenset({"discovery", "call", "feedback", "operator"})
_REPEAT_SECONDS = 60.0


class Audit:
    """Writes chains under `folder`, one a day, and registers their ends; deletes those older than `keep_days`.

    Raises OSError when the folder cannot be made or written to. `on_failure` is told what failed and how often.
    `close` must not run on the event loop that the registry needs.
    """

    def __init__(
        self,
        folder: Path,
        registry: ChainRegistry,
        *,
        keep_days: int,
        on_failure: Callable[[AuditFailure, int], None],
        capacity: int = 100_000,
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(f"the audit folder {folder} cannot be written to")
        self._folder, self._keep, self._on_failure = folder, timedelta(days=keep_days), on_failure
        self._registrar = Registrar(registry)
        self._chain: ChainFile | None = None
        self._lost = 0
        self._closed = False
        self._tell_at: dict[AuditFailure, float] = {}
        self._buffer: BufferedWriter[AuditRecord] = BufferedWriter(self, name="audit", capacity=capacity, interval=0.5)

    def record(self, call: CallRecord) -> None:
        """Take the record of a call that is over; probes and pages leave no trace."""
        if call.endpoint not in _AUDITED:
            return
        if self._closed:
            self._tell("lost", 1, "a call ended after the trail was closed")
        else:
            self._buffer.put(_record(call))

    def close(self) -> None:
        """Write what waits, end the chain and register its end; what cannot be done is logged."""
        self._closed = True
        waiting = self._buffer.close()
        if waiting:
            self._tell("lost", waiting, "what waited could not be written before the end")
        try:
            if self._chain:
                self._end(self._chain)
            self._registrar.work(None, last=True)
        except (OSError, Unavailable) as error:
            self.failed(error)

    def write(self, items: Sequence[AuditRecord]) -> int:
        """Write the first records, as far as they belong in one chain."""
        chain = self._chain_of(items[0])
        several = list(takewhile(lambda one: one.time.date() <= chain.opened.date(), items))
        self._count_lost()
        lost = [AuditRecord(time=several[0].time, event="lost", lost=self._lost)] if self._lost else []
        chain.append([*lost, *several])
        self._lost = 0
        return len(several)

    def tick(self) -> None:
        """Bring the registry up to date."""
        self._registrar.work(self._chain)

    def failed(self, error: Exception) -> None:
        """Count and tell it; what was to be written or registered still waits."""
        kind: AuditFailure = "registry" if isinstance(error, Unavailable) else "write"
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else type(error).__name__
        self._tell(kind, 1, f"{reason}; {len(self._buffer)} records wait")
        self._count_lost()

    def _chain_of(self, record: AuditRecord) -> ChainFile:
        """The chain that is being written; on a new day a new one."""
        old = self._chain
        if old and record.time.date() <= old.opened.date():
            return old
        self._chain = ChainFile(self._folder, record.time)
        self._registrar.opened(self._chain)
        self._expire(before=record.time - self._keep)
        if old:
            self._end(old)
        return self._chain

    def _end(self, chain: ChainFile) -> None:
        self._registrar.closed(chain)
        chain.close()

    def _expire(self, before: datetime) -> None:
        for path in self._folder.glob("*.jsonl"):
            named = day_and_chain(path)
            if named and named[0] < before.date():
                self._registrar.expired(path, named[1], before)

    def _count_lost(self) -> None:
        lost = self._buffer.take_lost()
        self._lost += lost
        if lost:
            self._tell("lost", lost, "too many records wait")

    def _tell(self, kind: AuditFailure, times: int, why: str) -> None:
        """Count each, log the first and then one a minute."""
        self._on_failure(kind, times)
        now = monotonic()
        if now >= self._tell_at.get(kind, now):
            self._tell_at[kind] = now + _REPEAT_SECONDS
            log.critical("the audit trail failed (%s): %s", kind, why)


def _record(call: CallRecord) -> AuditRecord:
    return AuditRecord(
        time=call.started.astimezone(UTC),
        event="call",
        client=call.client,
        endpoint=call.endpoint,
        service=call.service,
        status=call.status,
        error=call.error,
        cards=call.cards,
        shadow=call.shadow,
        knowledge=call.knowledge,
        correlation=call.correlation,
        patient=call.patient,
        user=call.user,
    )
