"""One call's use of one FHIR server: its token, its deadline, its allowance."""

from __future__ import annotations

import asyncio
import random
import re

import msgspec

from app.chart.decode import UNREADABLE, Page, decode_page
from app.chart.json_text import decode_text
from app.clients.address import canonical
from app.errors import MalformedRequest
from app.fhir.access import Access
from app.fhir.exchange import exchange
from app.fhir.failure import FetchFailed, Kind
from app.fhir.limits import Allowance, Limits
from app.fhir.query import Request
from app.fhir.turns import Turns
from app.outbound.client import OutboundClient

_TOKEN = re.compile(r"[\x21-\x7e]+")


class Session:
    """Lives as long as the call, and the token with it. `deadline` is a time of the event loop.

    The requests of all sessions take `turns`.
    Raises MalformedRequest when the server's URL or the token cannot be used.
    """

    def __init__(self, http: OutboundClient, access: Access, limits: Limits, turns: Turns, deadline: float) -> None:
        self.base = _canonical(access.server)
        self.access = access
        self.limits = limits
        self.deadline = deadline
        self._http = http
        self._turns = turns
        self._token = _checked(access.token)
        self._allowance = Allowance(limits)

    def apart(self, seconds: float) -> Session:
        """Another with the same server, for what may outlive the call: without its token, in a time of its own."""
        deadline = asyncio.get_running_loop().time() + seconds
        return Session(self._http, Access(self.base), self.limits, self._turns, deadline)

    async def page(self, request: Request) -> Page:
        """The Bundle or resource that answers the request; raises FetchFailed."""
        body = await self._persistently(request, self._token)
        try:
            return decode_text(decode_page, body)
        except UNREADABLE as error:
            raise _unreadable(body, error) from error

    async def public(self, request: Request) -> bytes:
        """What the server tells anyone, asked for without the token; raises FetchFailed."""
        return await self._persistently(request, None)

    async def _persistently(self, request: Request, token: str | None) -> bytes:
        """Again for what may pass, as often as the limits say and the budget allows."""
        for attempt in range(1, self.limits.attempts):
            try:
                return await self._once(request, token)
            except FetchFailed as failure:
                wait = self._wait(failure, attempt)
                if not failure.passing or wait >= self._left():
                    raise
            await asyncio.sleep(wait)
        return await self._once(request, token)

    async def _once(self, request: Request, token: str | None) -> bytes:
        async with self._turns.take(self.base, self.deadline):
            return await exchange(self._http, request, token, self._allowance, self._left())

    def _left(self) -> float:
        """Of the budget, in seconds."""
        return max(0.0, self.deadline - asyncio.get_running_loop().time())

    def _wait(self, failure: FetchFailed, attempt: int) -> float:
        """What the server asks for, else longer each time, spread so that parallel queries do not come back as one."""
        if failure.retry_after is not None:
            return failure.retry_after
        spread: float = random.uniform(0.5, 1.5)  # noqa: S311 (nothing hangs on its secrecy)
        return self.limits.backoff * 2.0 ** (attempt - 1) * spread


def _canonical(server: str) -> str:
    try:
        return canonical(server)
    except ValueError as error:
        raise MalformedRequest("the base URL of a FHIR server was expected", "fhirServer") from error


def _checked(token: str | None) -> str | None:
    """RFC 6750 allows less; what matters is that it makes one header."""
    if token is not None and not _TOKEN.fullmatch(token):
        raise MalformedRequest("a token of printable ASCII characters was expected", "fhirAuthorization.access_token")
    return token


def _unreadable(body: bytes, error: Exception) -> FetchFailed:
    if body.lstrip().startswith(b"<"):
        return FetchFailed(Kind.NOT_JSON, "the FHIR server answered with HTML or XML in place of JSON")
    if isinstance(error, msgspec.ValidationError):
        return FetchFailed(Kind.NOT_FHIR, "the FHIR server answered with JSON that is not a FHIR resource")
    if "truncated" in str(error):
        return FetchFailed(Kind.TRUNCATED, "the FHIR server answered with JSON that breaks off")
    return FetchFailed(Kind.NOT_JSON, "the FHIR server answered with what is not JSON")
