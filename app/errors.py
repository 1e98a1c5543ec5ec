"""Everything that can go wrong and is not a bug.

LegworkError
├── KnowledgeError       the files under cards/ cannot be used
├── RequestError         a call that cannot be answered (4xx, 503)
│   ├── MalformedRequest       400
│   ├── Unauthorized           401
│   ├── Forbidden              403
│   ├── UnknownService         404
│   ├── UnknownCard            404
│   ├── MissingInput           412
│   ├── TooLarge               413
│   ├── UnsupportedMediaType   415
│   └── Unavailable            503
└── UnreadableFile       a file given to the console command is no chart
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


class LegworkError(Exception):
    """A failure whose message is meant for the user."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in one place of a knowledge file; `line` counts from 1."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class KnowledgeError(LegworkError):
    """The knowledge files are not fit for use; carries every problem found."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class RequestError(LegworkError):
    """A request that cannot be answered. `where` is a FHIRPath-like location in the body, where there is one."""

    status = 400
    code = "invalid"

    def __init__(self, message: str, where: str | None = None, *, headers: Mapping[str, str] | None = None) -> None:
        self.where = where
        self.headers = headers or {}
        super().__init__(message)


class MalformedRequest(RequestError):
    """The body is not what CDS Hooks asks for."""


class Unauthorized(RequestError):
    """The caller did not prove who it is."""

    status = 401
    code = "login"


class Forbidden(RequestError):
    """The caller is known, and not allowed this."""

    status = 403
    code = "forbidden"


class UnknownService(RequestError):
    """No service has the id in the URL."""

    status = 404
    code = "not-found"


class UnknownCard(UnknownService):
    """No card has the id in the URL."""


class UnsupportedMediaType(RequestError):
    """The body is not declared as JSON."""

    status = 415
    code = "not-supported"


class MissingInput(RequestError):
    """Data that the answer depends on could not be had (CDS Hooks: 412)."""

    status = 412
    code = "incomplete"


class TooLarge(RequestError):
    """More was sent than one call may hold."""

    status = 413
    code = "too-long"


class Unavailable(RequestError):
    """What the call needs is away or busy; to be tried again (`Retry-After`)."""

    status = 503
    code = "transient"


class UnreadableFile(LegworkError):
    """A file that holds neither a hook request nor a patient Bundle."""
