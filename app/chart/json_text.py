"""JSON text as it comes from others: with a byte order mark before it, or with half a letter in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import msgspec

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# One of two escapes that make a letter only together, without the other: a text that was cut in the middle of an emoji.
# It begins with `\u`, by which a large text is searched fast. Behind a backslash it may be no escape, and stays.
_HALF = re.compile(
    rb"\\u(?<!\\\\u)[dD](?:"
    rb"[89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|"
    rb"(?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD])[c-fC-F][0-9a-fA-F]{2})"
)
_MOST_HALVES = 10_000

T = TypeVar("T")


def decode_text(decode: Callable[[bytes], T], text: bytes) -> T:
    """What `decode` makes of the text, or else of the same text with U+FFFD for each half letter; raises as it does.

    RFC 8259 (8.1, 8.2) lets readers ignore a mark, and allows half letters, which msgspec refuses with all around them.
    """
    text = text.removeprefix(_BYTE_ORDER_MARK)  # no copy where there is none
    try:
        return decode(text)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        mended, halves = _HALF.subn(rb"\\ufffd", text, _MOST_HALVES)
        if not halves:
            raise
    return decode(mended)
