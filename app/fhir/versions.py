"""Which release of FHIR a server speaks, as its CapabilityStatement says; asked rarely, remembered by server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass

import msgspec

from app.chart.decode import UNREADABLE
from app.chart.json_text import decode_text
from app.chart.version import FhirVersion, parse_version
from app.fhir.failure import FetchFailed, Kind
from app.fhir.query import Request
from app.fhir.session import Session

_DAY = 86_400.0
_MINUTE = 60.0

PATIENCE = 0.2
"""Seconds that a call waits for the answer, unless it fetches for longer anyway."""

TIME_LIMIT = 10.0
"""Seconds for the question itself: some servers need several to make up their CapabilityStatement."""


class _CapabilityStatement(msgspec.Struct, rename="camel"):
    fhir_version: str


_statement = msgspec.json.Decoder(_CapabilityStatement)


@dataclass(frozen=True, slots=True)
class Learned:
    """The release to write in, and what kept us from learning it, if anything did."""

    version: FhirVersion
    failure: Kind | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A call's part in a question to a server. `until` is a time of the event loop, and how long the call can wait."""

    learning: asyncio.Task[Learned]
    otherwise: FhirVersion
    until: float

    async def answer(self) -> Learned:
        """What was learned by then; the question goes on for others, also when this call ends."""
        left = self.until - asyncio.get_running_loop().time()
        done, _ = await asyncio.wait([self.learning], timeout=max(0.0, left))
        return self.learning.result() if done else Learned(self.otherwise, Kind.TIMEOUT)


class Versions:
    """Remembers a release for a day. Where it could not be learned R4 is written, and the server asked again later.

    Holds URLs of servers on the operator's allow-list, and never a token: the question is asked without one, for what
    is remembered must not hang on who asked. It is asked by a task of its own, which may outlive the call that began
    it: `close` ends what is under way. `clock` counts seconds, as does `time_limit`.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, time_limit: float = TIME_LIMIT) -> None:
        self._clock = clock
        self._time_limit = time_limit
        self._remembered: dict[str, tuple[FhirVersion, float]] = {}
        self._asking: dict[str, asyncio.Task[Learned]] = {}

    def known(self, base: str) -> FhirVersion | None:
        """What is remembered of the server with this base URL, if that is still fresh."""
        version, until = self._remembered.get(base, (None, 0.0))
        return version if self._clock() < until else None

    def ask(self, session: Session) -> Asked:
        """Begin to ask the server, unless another call has just done so."""
        base, now = session.base, asyncio.get_running_loop().time()
        learning = self._asking.get(base)
        if learning is None:
            # In a context of its own, and a session of its own: it holds nothing of the call that comes first.
            learning = asyncio.create_task(self._learn(session.apart(self._time_limit)), context=Context())
            self._asking[base] = learning
            learning.add_done_callback(lambda _: self._asking.pop(base))
        return Asked(learning, self._last(base), min(session.deadline, now + PATIENCE))

    async def close(self) -> None:
        """End the questions that are under way."""
        under_way = list(self._asking.values())
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _learn(self, session: Session) -> Learned:
        return self._remember(session.base, await _ask(session))

    def _remember(self, base: str, answer: FhirVersion | Kind) -> Learned:
        learned = Learned(self._last(base), answer) if isinstance(answer, Kind) else Learned(answer)
        keep = _MINUTE if learned.failure else _DAY
        self._remembered[base] = (learned.version, self._clock() + keep)
        return learned

    def _last(self, base: str) -> FhirVersion:
        """A server that is away has not changed its release."""
        return self._remembered.get(base, (FhirVersion.R4, 0.0))[0]


async def _ask(session: Session) -> FhirVersion | Kind:
    try:
        body = await session.public(Request(f"{session.base}/metadata"))
        return parse_version(decode_text(_statement.decode, body).fhir_version)
    except FetchFailed as failure:
        return failure.kind
    except (*UNREADABLE, ValueError):
        return Kind.VERSION
