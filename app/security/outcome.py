"""The body of an OperationOutcome (protocol R9), for whoever answers below the routes."""

from __future__ import annotations

from typing import Any

import msgspec


def outcome_body(code: str, message: str, where: str | None = None) -> bytes:
    """One issue, of severity error; `where` is a FHIRPath-like location in the request."""
    issue: dict[str, Any] = {"severity": "error", "code": code, "diagnostics": message}
    if where:
        issue["expression"] = [where]
    return msgspec.json.encode({"resourceType": "OperationOutcome", "issue": [issue]})
