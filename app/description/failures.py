"""How a call can fail, by status."""

from __future__ import annotations

from typing import Any

FAILURES: dict[int, str] = {
    400: "The request is not what was expected; `expression` says where.",
    401: "A token was expected, and none came that can be accepted.",
    403: "The caller is known, and this is not for it; or its web page is not one of its client's.",
    404: "There is nothing of this name.",
    405: "This path has other methods, which `Allow` lists.",
    408: "The body did not arrive in time.",
    412: "Data that the answer depends on could not be had; `expression` names the prefetch key.",
    413: "The body, or what it holds, is too much for one call.",
    415: "The body is neither JSON nor FHIR JSON, or is compressed.",
    422: "A parameter, or a file that was to be read, is not fit for use.",
    431: "URL and headers are too long.",
    500: "The service failed; nothing was evaluated, and nothing stored.",
    503: "The service is busy, or something it needs is away: to be tried again.",
}

REFUSALS = frozenset({400, 403, 408, 413, 415, 431, 500, 503})
"""What can happen to every call, whatever it asks for."""

HEADERS: dict[str, Any] = {
    "X-Correlation-Id": {
        "description": "The call's own X-Correlation-Id (8 to 128 letters, digits, `.`, `_`, `-`), or a new one. "
        "A call with X-Request-Id instead is answered with that.",
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
    "WWW-Authenticate": {"description": "`Bearer`, and what is wrong with the token.", "schema": {"type": "string"}},
    "Allow": {"description": "The methods of this path.", "schema": {"type": "string"}},
}

_OF_STATUS = {401: ("WWW-Authenticate",), 405: ("Allow",), 503: ("Retry-After",)}


def failure(status: int) -> dict[str, Any]:
    """The Response Object of a status."""
    names = ("X-Correlation-Id", *_OF_STATUS.get(status, ()))
    content = {
        "schema": {"$ref": "#/components/schemas/OperationOutcome"},
        "examples": {f"failure-{status}": {"$ref": f"#/components/examples/failure-{status}"}},
    }
    return {
        "description": FAILURES[status],
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {"application/json": content},
    }
