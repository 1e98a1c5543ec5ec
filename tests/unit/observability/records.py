"""Records of calls, and the application around which they are made."""

from __future__ import annotations

from datetime import UTC, datetime

from app.observability.call import CallRecord, CardMark

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class Kept:
    """A sink that keeps what it gets."""

    def __init__(self) -> None:
        self.calls: list[CallRecord] = []

    def record(self, call: CallRecord) -> None:
        """Keep it."""
        self.calls.append(call)


def answered() -> CallRecord:
    """A call for which everything is known."""
    call = CallRecord(
        started=NOW,
        correlation="correlation-1",
        endpoint="call",
        service="leg-weakness-workup",
        client="https://ehr.example.org",
        status=200,
        seconds=0.0123456,
        cards=[CardMark("one", "critical"), CardMark("two", "info")],
        shadow=[CardMark("three", "warning")],
        suppressions={"order-done": 2},
        inputs={"conditions": "prefetch", "labs": "fetched", "reports": "unavailable"},
        fetch_errors=["timeout"],
        knowledge="1.2.3",
        patient="a" * 64,
        user="b" * 64,
    )
    with call.phase("reason"):
        pass
    return call
