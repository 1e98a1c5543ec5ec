"""JSON text with half letters in it is read, and nothing else in it is changed."""

from __future__ import annotations

import json
import time

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.chart.json_text import decode_text

UNKNOWN = "\ufffd"
PIECES = st.sampled_from(["\\", '"', "u", "d83d", "\ud83d", "\udc00", "\U0001f600", "\n", "a", "é"])


def read(text: bytes) -> object:
    return decode_text(msgspec.json.decode, text)


def as_python_reads(text: bytes) -> str:
    """Python keeps half letters; none is left over after a pair was joined."""
    whole: str = json.loads(text)
    return "".join(UNKNOWN if 0xD800 <= ord(letter) <= 0xDFFF else letter for letter in whole)


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        (rb'"a\ud83d"', f"a{UNKNOWN}"),
        (rb'"\uDC00b"', f"{UNKNOWN}b"),
        (rb'"\ud83d\ud83d\ude00"', f"{UNKNOWN}\U0001f600"),
        (rb'"\ud83d\ude00\ude00"', f"\U0001f600{UNKNOWN}"),
        (rb'"\\ud83d \ud83d"', rf"\ud83d {UNKNOWN}"),
        (rb'"\ud83d\\udc00"', rf"{UNKNOWN}\udc00"),
    ],
)
def test_half_a_letter_becomes_the_letter_for_unknown_ones(text: bytes, read_as: str) -> None:
    assert read(text) == read_as


@given(st.lists(PIECES).map("".join))
@example("\\ud83d\\\\ud83d")
def test_any_text_is_read_as_python_reads_it(text: str) -> None:
    written = json.dumps(text).encode()
    try:
        assert read(written) == as_python_reads(written)
    except msgspec.DecodeError:
        # Half a letter after an escaped backslash, or after one and what only looks like the other half.
        assert rb"\\\ud" in written or rb"\\ud83d\udc00" in written


def test_a_byte_order_mark_is_ignored_before_the_text_alone() -> None:
    assert read(b'\xef\xbb\xbf"a"') == "a"
    for text in (b'"a"\xef\xbb\xbf', b'\xef\xbb\xbf\xef\xbb\xbf"a"', b"\xef\xbb\xbf"):
        with pytest.raises(msgspec.DecodeError):
            read(text)


@pytest.mark.parametrize(
    "text", [rb'"\ud83"', rb'"\UD83D"', rb"\ud83d", rb'"\ud83d', rb'["\ud83d",]', rb'"\ud83d\x"', b""]
)
def test_what_is_no_json_stays_none(text: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        read(text)


def test_a_value_of_the_wrong_type_is_named_as_before() -> None:
    with pytest.raises(msgspec.ValidationError, match="Expected `int`"):
        decode_text(msgspec.json.Decoder(int).decode, rb'"a"')


@pytest.mark.parametrize("piece", [b"\\\\", rb"\ud83d", rb"\ud83d\ude00", rb"\n"])
def test_a_large_text_is_searched_fast(piece: bytes) -> None:
    text = b'"' + piece * (10_000_000 // len(piece)) + rb"\ud83d"
    began = time.perf_counter()
    with pytest.raises(msgspec.DecodeError):
        read(text)
    assert time.perf_counter() - began < 5
