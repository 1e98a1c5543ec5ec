"""Bodies to types; what cannot be decoded is refused in words that repeat nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from app.chart.decode import UNREADABLE
from app.chart.json_text import decode_text
from app.errors import MalformedRequest

T = TypeVar("T")


def decode_body(decode: Callable[[bytes], T], body: bytes) -> T:
    """What `decode` makes of a body; raises MalformedRequest that says what was expected where."""
    try:
        return decode_text(decode, body)
    except msgspec.ValidationError as error:
        raise malformed(error) from error
    except UNREADABLE as error:
        is_empty = not body.strip()
        message = "the body is empty" if is_empty else "the body is not JSON in UTF-8 of a reasonable depth"
        raise MalformedRequest(message) from error


def malformed(error: msgspec.ValidationError, where: str = "") -> MalformedRequest:
    """What is wrong with a part of a body, which stands at `where`.

    msgspec names types and places, never values; it leaves out which element of a list it was.
    """
    message, _, path = str(error).partition(" - at `$")
    return MalformedRequest(message, f"{where}{path.rstrip('`')}".lstrip(".") or None)
