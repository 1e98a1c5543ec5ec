"""What is wrong with the bytes of a body, before they are decoded. Cheap: every call pays for it."""

from __future__ import annotations

from itertools import accumulate

import msgspec
from msgspec import Raw, Struct

from app.chart.json_text import decode_text
from app.errors import MalformedRequest, TooLarge

DEEPEST = 64
MOST_RESOURCES = 50_000
MOST_CONTAINERS = 1_000_000

# All brackets look alike here (a wrong pair is the decoder's to refuse); of the rest, only quotes are kept.
_ALIKE = bytes.maketrans(b"[]", b"{}")
_REST = bytes(set(range(256)) - set(b'{}[]"'))
_OPENING = ord("{")
_STEP = 64


def check_body(body: bytes) -> None:
    """Raise MalformedRequest (400) or TooLarge (413) for a body that is not worth decoding.

    That is: not UTF-8, a NUL in it, objects and arrays nested deeper than 64, more than 50,000 resources, or more than
    1,000,000 objects and arrays. Whether it is JSON is left to the decoder.
    """
    _require_text(body)
    brackets = outline(body)
    containers = len(brackets) // 2
    if is_deeper(brackets[: 2 * MOST_CONTAINERS], DEEPEST):
        raise MalformedRequest(f"objects and arrays may be nested {DEEPEST} deep")
    if containers > MOST_CONTAINERS:
        raise TooLarge(f"a call may hold {MOST_CONTAINERS} objects and arrays")
    if containers > MOST_RESOURCES and count_resources(body) > MOST_RESOURCES:
        raise TooLarge(f"a call may hold {MOST_RESOURCES} resources")


def _require_text(body: bytes) -> None:
    if b"\0" in body:
        raise MalformedRequest("UTF-8 without NUL was expected")
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError:
            # Not chained: the error holds the body.
            raise MalformedRequest("UTF-8 was expected") from None


def outline(body: bytes) -> bytes:
    """The brackets outside of strings in JSON text, all written as `{` and `}`."""
    if b"\\" in body:
        body = body.replace(rb"\\", b"").replace(rb"\"", b"")
    kept = body.translate(_ALIKE, _REST)
    # Two quotes side by side may go, whether they hold a string or part two: what follows stays inside or outside.
    kept = kept.replace(b'""', b"")
    return b"".join(kept.split(b'"')[::2])


def is_deeper(brackets: bytes, most: int) -> bool:
    """Whether the brackets of an outline are nested deeper than `most`.

    Steps over many at a time, and looks at each of them only where their number alone does not say. Of brackets that
    do not pair, which the decoder refuses anyway, it may say either.
    """
    depth = 0
    for start in range(0, len(brackets), _STEP):
        opened = brackets.count(b"{", start, start + _STEP)
        if depth + opened > most and depth + _peak(brackets[start : start + _STEP]) > most:
            return True
        depth += 2 * opened - _STEP
    return False


def _peak(brackets: bytes) -> int:
    return max(accumulate(1 if bracket == _OPENING else -1 for bracket in brackets))


class _Bundle(Struct):
    entry: tuple[Raw, ...] = ()


class _Call(Struct):
    prefetch: dict[str, Raw] = {}


_call = msgspec.json.Decoder(_Call)


def count_resources(body: bytes) -> int:
    """Resources by their `resourceType`, or entries of prefetched Bundles, whichever are more."""
    return max(body.count(b'"resourceType"'), _count_entries(body))


def _count_entries(body: bytes) -> int:
    """None where it cannot be read: the decoder will say why."""
    count = 0
    try:
        for value in decode_text(_call.decode, body).prefetch.values():
            count += len(msgspec.json.decode(value, type=_Bundle).entry)
    except (msgspec.DecodeError, RecursionError):
        return count
    return count
