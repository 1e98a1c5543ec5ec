"""Who may see metrics and feedback, reload, and read the audit: the bearer of the operator token."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from hashlib import sha256

from app.errors import Forbidden, Unauthorized


def require_operator(authorization: Sequence[str], token: str | None, *, open_without_token: bool) -> None:
    """Raise Unauthorized (401) or Forbidden (403) unless the call carries the operator token.

    `authorization` holds the values of all Authorization headers. When no token is configured the endpoints are open in
    development, and closed in production with a 403 that says how to open them: a 404 would send the operator looking
    for a typing error.
    """
    if token is None:
        if open_without_token:
            return
        raise Forbidden("closed until an operator token is configured (LEGWORK_OPERATOR_TOKEN)")
    if len(authorization) != 1 or not _is_bearer_of(authorization[0], token):
        raise Unauthorized("the operator token was expected", headers={"WWW-Authenticate": 'Bearer realm="operator"'})


def _is_bearer_of(authorization: str, token: str) -> bool:
    scheme, _, given = authorization.partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(_digest(given), _digest(token))


def _digest(text: str) -> bytes:
    """Of one length whatever was given: comparing the texts would tell the length of the token."""
    return sha256(text.encode("utf-8", "backslashreplace")).digest()
