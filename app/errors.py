"""Everything that can go wrong and is not a bug.

LegworkError
├── KnowledgeError       the files under cards/ cannot be used
├── RequestError         the caller sent something that cannot be answered (4xx)
│   ├── MalformedRequest       400
│   ├── UnknownService         404
│   ├── UnknownCard            404
│   ├── UnsupportedMediaType   415
│   └── MissingInput           412
└── UnreadableFile       a file given to the console command is no chart
"""

from __future__ import annotations

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

    def __init__(self, message: str, where: str | None = None) -> None:
        self.where = where
        super().__init__(message)


class MalformedRequest(RequestError):
    """The body is not what CDS Hooks asks for."""


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


class UnreadableFile(LegworkError):
    """A file that holds neither a hook request nor a patient Bundle."""
