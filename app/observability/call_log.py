"""The log's line for each call."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from app.observability.call import PROBES, CallRecord, CardMark, Source
from app.observability.log import LogWriter

_SERVER_ERROR = 500
_REFUSED = 400


class _Line(Struct, omit_defaults=True, frozen=True):
    """What the line says, in this order; times in milliseconds."""

    time: datetime
    level: str
    logger: str
    endpoint: str
    status: int | None
    ms: float
    correlation: str
    service: str | None = None
    client: str | None = None
    error: str | None = None
    cards: list[CardMark] = []
    shadow: list[CardMark] = []
    suppressed: dict[str, int] = {}
    inputs: dict[str, Source] = {}
    fetch_errors: list[str] = []
    feedback: list[str] = []
    phases: dict[str, float] = {}
    knowledge: str | None = None
    process: int = 0


class CallLog:
    """Writes a line for each call; for a probe only when it fails."""

    def __init__(self, writer: LogWriter) -> None:
        self._writer = writer
        self._process = os.getpid()

    def record(self, call: CallRecord) -> None:
        """Write the line of a call that is over."""
        if call.endpoint not in PROBES or (call.status or _SERVER_ERROR) >= _REFUSED:
            self._writer.put(msgspec.json.encode(self._line(call)))

    def _line(self, call: CallRecord) -> _Line:
        return _Line(
            time=call.started.astimezone(UTC),
            level="error" if (call.status or _SERVER_ERROR) >= _SERVER_ERROR else "info",
            logger="call",
            endpoint=call.endpoint,
            status=call.status,
            ms=_ms(call.seconds),
            correlation=call.correlation,
            service=call.service,
            client=call.client,
            error=call.error,
            cards=call.cards,
            shadow=call.shadow,
            suppressed=call.suppressions,
            inputs=call.inputs,
            fetch_errors=call.fetch_errors,
            feedback=call.feedback,
            phases=_phases(call),
            knowledge=call.knowledge,
            process=self._process,
        )


def _phases(call: CallRecord) -> dict[str, float]:
    """Milliseconds by phase; one that came twice is added up."""
    total: dict[str, float] = {}
    for phase in call.phases:
        total[phase.name] = _ms(phase.seconds) + total.get(phase.name, 0.0)
    return total


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
