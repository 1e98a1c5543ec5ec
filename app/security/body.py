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
_STEP = 96


def check_body(body: bytes) -> None:
    """Raise MalformedRequest (400) or TooLarge (413) for a body that is not worth decoding.

    That is: not UTF-8, a NUL in it, objects and arrays nested deeper than 64, more than 50,000 resources, or more than
    1,000,000 objects and arrays. Whether it is JSON is left to the decoder.
    """
    _require_text(body)
    kept = brackets_and_quotes(body)
    if not is_plainly_shallow(kept, DEEPEST) and is_deeper(outline(kept)[: 2 * MOST_CONTAINERS], DEEPEST):
        raise MalformedRequest(f"objects and arrays may be nested {DEEPEST} deep")
    if len(body) > 2 * MOST_RESOURCES:
        _require_few(body, kept)


def _require_few(body: bytes, kept: bytes) -> None:
    if len(kept) - kept.count(b'"') <= 2 * MOST_RESOURCES:
        return  # those in strings among them
    containers = len(outline(kept)) // 2
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


def brackets_and_quotes(body: bytes) -> bytes:
    """All brackets of JSON text, written as `{` and `}`, and the quotes that begin and end its strings."""
    if b"\\" in body:
        body = body.replace(rb"\\", b"").replace(rb"\"", b"")
    return body.translate(_ALIKE, _REST)


def outline(kept: bytes) -> bytes:
    """Of brackets and quotes, the brackets outside of strings."""
    # Two quotes side by side may go, whether they hold a string or part two: what follows stays inside or outside.
    return b"".join(kept.replace(b'""', b"").split(b'"')[::2])


def is_plainly_shallow(kept: bytes, most: int) -> bool:
    """Whether brackets are surely not nested deeper than `most`, at half the cost of being sure in every case.

    A pair of brackets with nothing between them goes, in a string (`Sodium [Moles/volume]`) or not, which hides one
    level at most. When all quotes then stand side by side in pairs, no string holds a bracket.
    """
    kept = b"".join(kept.split(b"{}"))  # takes half the time of `replace`
    brackets = kept.translate(None, b'"')
    in_pairs = 2 * kept.count(b'""') == len(kept) - len(brackets)
    return in_pairs and not is_deeper(brackets, most - 1)


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
