"""Which release of FHIR a server speaks, as its CapabilityStatement says; asked rarely, remembered by server."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from app.chart.decode import UNREADABLE
from app.chart.version import FhirVersion, parse_version
from app.fhir.failure import FetchFailed, Kind
from app.fhir.query import Request
from app.fhir.session import Session

_DAY = 86_400.0
_MINUTE = 60.0


class _CapabilityStatement(msgspec.Struct, rename="camel"):
    fhir_version: str


@dataclass(frozen=True, slots=True)
class Learned:
    """The release to write in, and what kept us from learning it, if anything did."""

    version: FhirVersion
    failure: Kind | None = None


class Versions:
    """Remembers a release for a day. Where it could not be learned R4 is written, and the server asked again later.

    Holds URLs of servers on the operator's allow-list, and never a token: the question is asked without one, for what
    is remembered must not hang on who asked. `clock` counts seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._remembered: dict[str, tuple[FhirVersion, float]] = {}
        self._asking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def known(self, base: str) -> FhirVersion | None:
        """What is remembered of the server with this base URL, if that is still fresh."""
        version, until = self._remembered.get(base, (None, 0.0))
        return version if self._clock() < until else None

    async def learn(self, session: Session) -> Learned:
        """Ask the server, unless another call has just done so; ends with the session's deadline at the latest."""
        lock = self._asking[session.base]
        try:
            async with asyncio.timeout_at(session.deadline):
                await lock.acquire()
        except TimeoutError:
            return Learned(self._last(session.base), Kind.TIMEOUT)
        try:
            known = self.known(session.base)
            return Learned(known) if known else self._remember(session.base, await _ask(session))
        finally:
            lock.release()

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
        async with asyncio.timeout_at(session.deadline):
            body = await session.public(Request(f"{session.base}/metadata"))
        return parse_version(msgspec.json.decode(body, type=_CapabilityStatement).fhir_version)
    except TimeoutError:
        return Kind.TIMEOUT
    except FetchFailed as failure:
        return failure.kind
    except (*UNREADABLE, ValueError):
        return Kind.VERSION
