"""What is known of one call, filled in on its way; the one source of logs, metrics, traces and audit records."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import datetime
from time import perf_counter
from types import TracebackType
from typing import Literal, NamedTuple

from msgspec import Struct, field

Endpoint = Literal["discovery", "call", "feedback", "page", "operator", "metrics", "health", "other"]
PhaseName = Literal["auth", "decode", "first-look", "gather", "reason", "render"]
Source = Literal["prefetch", "fetched", "unavailable", "unread"]
PROBES: frozenset[Endpoint] = frozenset({"health", "metrics"})
"""Asked every few seconds by machines: counted, and logged only when they fail."""


class Phase(NamedTuple):
    """A stretch of a call; `start` counts from the beginning of the call. Seconds."""

    name: PhaseName
    start: float
    seconds: float


class CardMark(Struct, frozen=True):
    """A card that fired: its id and the indicator it fired with."""

    id: str
    level: str


class CallRecord(Struct, kw_only=True):
    """One call. Holds nothing of the patient: `patient` and `user` are keyed hashes, for the audit trail alone.

    `service` is one of ours or "other"; `client` the registered issuer, None before it has proved itself;
    `inputs` maps prefetch keys to where they came from; `fetch_errors` are kinds; `suppressions` counts by reason;
    `feedback` lists the outcomes reported; `error` is why a call was refused, one word of ours.
    """

    started: datetime
    correlation: str
    endpoint: Endpoint = "other"
    service: str | None = None
    client: str | None = None
    status: int | None = None
    seconds: float = 0.0
    error: str | None = None
    phases: list[Phase] = []
    cards: list[CardMark] = []
    shadow: list[CardMark] = []
    suppressions: dict[str, int] = {}
    inputs: dict[str, Source] = {}
    fetch_errors: list[str] = []
    feedback: list[str] = []
    knowledge: str | None = None
    patient: str | None = None
    user: str | None = None
    trace_parent: str | None = None
    began: float = field(default_factory=perf_counter)

    def phase(self, name: PhaseName) -> _Timer:
        """Time what runs inside `with call.phase(...)`, also when it fails."""
        return _Timer(self, name)


class _Timer:
    __slots__ = ("_call", "_name", "_start")

    def __init__(self, call: CallRecord, name: PhaseName) -> None:
        self._call, self._name = call, name

    def __enter__(self) -> None:
        self._start = perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        start = self._start
        self._call.phases.append(Phase(self._name, start - self._call.began, perf_counter() - start))


CURRENT: ContextVar[CallRecord | None] = ContextVar("legwork_call", default=None)


def current_call() -> CallRecord:
    """The call being answered; raises RuntimeError outside of one, for then something is not wired."""
    call = CURRENT.get()
    if call is None:
        raise RuntimeError("no call is being answered: is ObserveCalls around the app?")
    return call
