"""What is wrong with the bytes of a body, found without decoding them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import MalformedRequest, TooLarge
from app.security.body import (
    brackets_and_quotes,
    check_body,
    count_resources,
    is_deeper,
    is_plainly_shallow,
    outline,
)

_TEXT = st.text(alphabet='{}[]"\\ab/\n é😀', max_size=8)
_TREES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=40,
)


def _depth(tree: Any) -> int:
    if isinstance(tree, dict):
        return 1 + max(map(_depth, tree.values()), default=0)
    if isinstance(tree, list):
        return 1 + max(map(_depth, tree), default=0)
    return 0


@given(_TREES, st.booleans(), st.sampled_from([None, 1]))
def test_depth_is_that_of_the_decoded_value(tree: Any, ascii_only: bool, indent: int | None) -> None:
    body = json.dumps(tree, ensure_ascii=ascii_only, indent=indent).encode()
    depth, kept = _depth(tree), brackets_and_quotes(body)
    assert not is_deeper(outline(kept), depth)
    assert depth == 0 or is_deeper(outline(kept), depth - 1)


@given(_TREES, st.booleans(), st.sampled_from([None, 1]))
def test_what_is_plainly_shallow_is_shallow(tree: Any, ascii_only: bool, indent: int | None) -> None:
    depth, kept = _depth(tree), brackets_and_quotes(json.dumps(tree, ensure_ascii=ascii_only, indent=indent).encode())
    assert not any(is_plainly_shallow(kept, most) for most in range(1, depth))


def test_brackets_that_pair_in_strings_leave_a_body_plainly_shallow() -> None:
    text = {"text": "Sodium [Moles/volume] in Serum {or} Plasma", "components": [1, {}, [[]], {"a": []}]}
    assert is_plainly_shallow(brackets_and_quotes(json.dumps([text]).encode()), 5)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 64 + b"]" * 64,
        b'{"a":' * 64 + b"1" + b"}" * 64,
        b'{"a":["' + b"[" * 1000 + b'"]}',
        b'{"a":"' + rb"\"" * 100 + b"[" * 100 + b'"}',
        b'{"a":"' + b"\\\\" + b'","b":"' + b"{" * 100 + b'"}',
    ],
)
def test_sixty_four_levels_are_allowed_and_brackets_in_strings_are_none(body: bytes) -> None:
    assert json.loads(body) is not None
    check_body(body)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 65 + b"]" * 65,
        b'{"a":[' * 33 + b"]}" * 33,
        b'{"}":' * 65 + b'"' + b"{" * 65 + b'"' + b"}" * 65,
        b'{"a\\"}":' * 65 + b'"' + b"{" * 65 + b'"' + b"}" * 65,
        b'{"\\\\":' * 65 + b"1" + b"}" * 65,
    ],
)
def test_sixty_five_levels_are_refused_however_they_hide(body: bytes) -> None:
    assert json.loads(body) is not None
    with pytest.raises(MalformedRequest, match="64 deep"):
        check_body(body)


@pytest.mark.parametrize("body", [b"[" * 10_000_000, b"]" * 10_000_000, b'"[' * 3_000_000, b'\\"[' * 3_000_000])
def test_brackets_without_end_are_refused(body: bytes) -> None:
    with pytest.raises((MalformedRequest, TooLarge)):
        check_body(body)


@pytest.mark.parametrize("body", [b"\xff", b'{"a":"\xc3"}', b"\xed\xa0\x80", b"a\0b", "{}".encode("utf-16")])
def test_what_is_not_utf_8_or_holds_nul_is_refused_and_the_error_does_not_hold_it(body: bytes) -> None:
    with pytest.raises(MalformedRequest, match="UTF-8") as refused:
        check_body(body)
    assert refused.value.__cause__ is None
    assert refused.value.where is None


def test_letters_of_all_languages_are_utf_8() -> None:
    check_body('{"text":"Fußheberschwäche, 下肢脱力, 😀"}'.encode())


def _call(entries: int, entry: str = '{"resource":{"resourceType":"Observation"}}', keys: int = 1) -> bytes:
    bundle = f'{{"resourceType":"Bundle","entry":[{",".join([entry] * entries)}]}}'
    return f'{{"prefetch":{{{",".join(f"{json.dumps(str(key))}:{bundle}" for key in range(keys))}}}}}'.encode()


def test_resources_are_counted_by_name_and_by_entry() -> None:
    assert count_resources(_call(100)) == 101
    assert count_resources(_call(50_000, "{}")) == 50_000
    assert count_resources(_call(25_000, "{}", keys=3)) == 75_000
    assert count_resources(b'{"prefetch":{"a":' + b"{" * 600) == 0


def test_fifty_thousand_resources_are_allowed_and_more_are_not() -> None:
    check_body(_call(49_999))
    check_body(_call(50_000, "{}"))
    for body in (_call(50_000), _call(50_001, "{}"), _call(25_001, "{}", keys=2)):
        with pytest.raises(TooLarge, match="50000 resources"):
            check_body(body)
