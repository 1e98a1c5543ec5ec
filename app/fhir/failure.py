"""Why something could not be fetched: a kind to count, and words for the clinician and the operator (protocol F5)."""

from __future__ import annotations

from enum import StrEnum

from app.errors import LegworkError


class Kind(StrEnum):
    """What went wrong, as metrics count it."""

    TIMEOUT = "timeout"
    CONNECTION = "connection"
    FORBIDDEN_ADDRESS = "forbidden-address"
    BAD_REQUEST = "bad-request"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    RATE_LIMITED = "rate-limited"
    SERVER_ERROR = "server-error"
    REDIRECT = "redirect"
    OTHER_STATUS = "other-status"
    NOT_JSON = "not-json"
    TRUNCATED = "truncated"
    NOT_FHIR = "not-fhir"
    OUTCOME = "operation-outcome"
    OTHER_PATIENT = "other-patient"
    TOO_LARGE = "too-large"
    ENDLESS = "endless-pages"
    OTHER_ORIGIN = "other-origin"
    LINKS = "unreadable-links"
    SCOPE = "scope"
    UNREGISTERED = "unregistered-server"
    NO_BASE_URL = "no-base-url"
    CROWDED = "too-many-waiting"
    VERSION = "unknown-version"


class FetchFailed(LegworkError):
    """One request came to nothing. The message names no URL and repeats nothing that the server said.

    `passing` is whether it may go better soon; `retry_after` is how many seconds the server asks to wait.
    """

    def __init__(self, kind: Kind, reason: str, *, passing: bool = False, retry_after: float | None = None) -> None:
        self.kind = kind
        self.passing = passing
        self.retry_after = retry_after
        super().__init__(reason)


def timed_out() -> FetchFailed:
    """The budget of the call was spent."""
    return FetchFailed(Kind.TIMEOUT, "the FHIR server did not answer in time")
