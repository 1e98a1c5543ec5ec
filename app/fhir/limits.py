"""How much one call may ask of a FHIR server."""

from __future__ import annotations

from dataclasses import dataclass

from app.fhir.failure import FetchFailed, Kind

_MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds beside the time budget. Sizes in bytes after decompression; `backoff` in seconds, doubled each time.

    `page_size` is asked for as `_count`: what servers choose by themselves is often 10 to 50, a round trip for each.
    `at_once` bounds the requests of all calls together. It is less than the client's connections: httpcore's pool grows
    slow where requests wait for one, so that of 20 calls at once none was answered in time.
    """

    response_bytes: int = 8 * _MEBIBYTE
    call_bytes: int = 32 * _MEBIBYTE
    pages: int = 100
    page_size: int = 200
    at_once: int = 90
    attempts: int = 3
    backoff: float = 0.05


class Allowance:
    """The bytes that one call may still receive, from all its requests together."""

    def __init__(self, limits: Limits) -> None:
        self._left = limits.call_bytes
        self._response = limits.response_bytes

    def spend(self, arrived: int, so_far: int) -> None:
        """Account for bytes of a response that now has `so_far`; raises FetchFailed when they are too many."""
        self._left -= arrived
        if self._left < 0 or so_far > self._response:
            raise FetchFailed(Kind.TOO_LARGE, "the answer of the FHIR server is too large")
