"""Refusals that only the edge of HTTP knows; the others are in app/errors.py."""

from __future__ import annotations

from app.errors import RequestError


class HeadersTooLarge(RequestError):
    """The URL and the headers together are longer than any call needs."""

    status = 431
    code = "too-long"


class BodyTooSlow(RequestError):
    """The body did not arrive in time; the connection is closed."""

    status = 408
    code = "timeout"
