"""One request to a FHIR server and its answer, within bounds of size; every way to fail has its kind."""

from __future__ import annotations

import asyncio
from email.utils import parsedate_to_datetime

import httpx

from app.fhir.failure import FetchFailed, Kind, timed_out
from app.fhir.inflate import Inflation, NotInflatable
from app.fhir.limits import Allowance
from app.fhir.query import Request
from app.outbound.client import OutboundClient
from app.outbound.errors import ForbiddenAddress

_HEADERS = {"Accept": "application/fhir+json", "Accept-Encoding": "gzip"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_STATUS: dict[int, tuple[Kind, str]] = {
    httpx.codes.BAD_REQUEST: (Kind.BAD_REQUEST, "bad request"),
    httpx.codes.UNAUTHORIZED: (Kind.UNAUTHORIZED, "the token was not accepted"),
    httpx.codes.FORBIDDEN: (Kind.FORBIDDEN, "the token does not allow this"),
    httpx.codes.NOT_FOUND: (Kind.NOT_FOUND, "not found"),
    httpx.codes.GONE: (Kind.NOT_FOUND, "deleted"),
    httpx.codes.TOO_MANY_REQUESTS: (Kind.RATE_LIMITED, "too many requests"),
}
_PASSING = (httpx.codes.BAD_GATEWAY, httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.GATEWAY_TIMEOUT)


async def exchange(
    http: OutboundClient, request: Request, token: str | None, allowance: Allowance, seconds: float
) -> bytes:
    """The body of a 200; raises FetchFailed for everything else.

    Nothing but the client's `token` ever authorises a request, whatever its URL holds (protocol F4).
    It lasts no longer than `seconds`.
    """
    headers = _HEADERS if request.form is None else _HEADERS | _FORM
    if token is not None:
        headers = headers | {"Authorization": f"Bearer {token}"}
    try:
        answer = http.stream(request.method, request.url, headers=headers, content=request.form, seconds=seconds)
        async with asyncio.timeout(seconds), answer as response:
            _refuse(response)
            return await _body(response, allowance)
    except TimeoutError as error:
        raise timed_out() from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _unreachable(error) from error


def _refuse(response: httpx.Response) -> None:
    status = response.status_code
    if status == httpx.codes.OK:
        return
    if response.is_redirect:
        raise FetchFailed(Kind.REDIRECT, f"the FHIR server answered {status}, a redirect, which is not followed")
    usual = Kind.SERVER_ERROR if response.is_server_error else Kind.OTHER_STATUS
    kind, meaning = _STATUS.get(status, (usual, httpx.codes.get_reason_phrase(status) or "unknown"))
    wait = _retry_after(response.headers)
    passing = status in _PASSING or (kind is Kind.RATE_LIMITED and wait is not None)
    reason = f"the FHIR server answered {status} ({meaning.lower()})"
    raise FetchFailed(kind, reason, passing=passing, retry_after=wait)


async def _body(response: httpx.Response, allowance: Allowance) -> bytes:
    body = bytearray()
    try:
        inflation = Inflation(response.headers.get("content-encoding", ""))
        async for chunk in response.aiter_raw():
            for piece in inflation.pieces(chunk):
                body += piece
                allowance.spend(len(piece), len(body))
        body += inflation.rest()
    except (httpx.NetworkError, httpx.ProtocolError) as error:
        raise FetchFailed(Kind.TRUNCATED, "the FHIR server broke off its answer", passing=True) from error
    except NotInflatable as error:
        raise FetchFailed(Kind.NOT_JSON, "the answer of the FHIR server could not be decompressed") from error
    return bytes(body)


def _unreachable(error: Exception) -> FetchFailed:
    if isinstance(error, ForbiddenAddress):
        return FetchFailed(Kind.FORBIDDEN_ADDRESS, "the address of the FHIR server is not one that may be called")
    if isinstance(error, httpx.TimeoutException):
        return timed_out()
    return FetchFailed(Kind.CONNECTION, "the FHIR server could not be reached", passing=True)


def _retry_after(headers: httpx.Headers) -> float | None:
    """In seconds; a date counts from the server's own `Date`, whatever our clock says (RFC 9110, 10.2.3)."""
    asked = headers.get("retry-after", "").strip()
    if asked.isdecimal():
        return float(asked)
    try:
        wait = parsedate_to_datetime(asked) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return max(0.0, wait.total_seconds())
