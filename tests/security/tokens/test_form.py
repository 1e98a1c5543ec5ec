"""Attacks on whoever takes a token apart."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.security.bearer import MOST_CHARACTERS
from app.security.tokens import Refused, Verifier
from tests.support.tokens import encode, good_claims
from tests.support.verifying import (
    EHR,
    call,
    refused,
)


@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "iat", "jti"])
async def test_a_token_without_a_claim_is_refused(verifier: Verifier, claim: str) -> None:
    await refused(verifier, EHR.token({}, **{claim: ...}), "malformed")


@pytest.mark.parametrize("typ", [..., None, "", "JOSE", "at+jwt", 1])
async def test_a_token_that_is_not_declared_as_jwt_is_refused(verifier: Verifier, typ: object) -> None:
    await refused(verifier, EHR.token({"typ": typ}), "malformed")


@pytest.mark.parametrize("alg", [..., None, 1, ["ES384"]])
async def test_a_token_without_an_algorithm_is_refused(verifier: Verifier, alg: object) -> None:
    await refused(verifier, EHR.token({"alg": alg}), "malformed")


async def test_a_huge_token_is_refused_unread(verifier: Verifier) -> None:
    assert len(EHR.token(padding="x" * 5000)) < MOST_CHARACTERS
    await call(verifier, EHR.token(padding="x" * 5000))
    await refused(verifier, EHR.token(padding="x" * 6000), "malformed")
    await refused(verifier, EHR.token(padding="x" * 10_000_000), "malformed")


@pytest.mark.parametrize("part", range(3))
@pytest.mark.parametrize("junk", ["!", "a", "aaaaa", "=", "==", "%2e", "é", "\0", "\n", " "])
async def test_malformed_base64_is_refused(verifier: Verifier, part: int, junk: str) -> None:
    for sound in (EHR.token().split("."), EHR.token(padding="xx").split(".")):
        for broken in (junk, sound[part] + junk, junk + sound[part]):
            if (part, broken) == (0, f" {sound[0]}"):
                continue  # one blank more between the scheme and the token, as there may be
            with pytest.raises(Refused):
                await call(verifier, ".".join([*sound[:part], broken, *sound[part + 1 :]]))


@pytest.mark.parametrize("part", range(3))
async def test_an_empty_part_is_refused(verifier: Verifier, part: int) -> None:
    parts = EHR.token().split(".")
    await refused(verifier, ".".join([*parts[:part], "", *parts[part + 1 :]]), "malformed")


@pytest.mark.parametrize(
    "token", ["", ".", "..", "a", "a.b", "a.b.c", "a.b.c.d", "....", "{}", "e30.e30.e30", "bnVsbA.bnVsbA.bnVsbA"]
)
async def test_what_is_no_token_is_refused(verifier: Verifier, token: str) -> None:
    with pytest.raises(Refused):
        await call(verifier, token)


async def test_a_token_with_five_parts_is_refused(verifier: Verifier) -> None:
    """As an encrypted one has (RFC 7516)."""
    await refused(verifier, f"{EHR.token()}.YQ.YQ", "malformed")


@pytest.mark.parametrize("twice", ["iss", "aud", "exp", "iat", "jti", "tenant", "x"])
async def test_a_name_that_stands_twice_in_the_claims_is_refused(verifier: Verifier, twice: str) -> None:
    claims = {**good_claims(), "tenant": "a", "x": 1}
    doubled = f"{{{json.dumps(twice)}: {json.dumps(claims[twice])}, {json.dumps(claims)[1:]}"
    await refused(verifier, EHR.raw(EHR.header(), doubled), "malformed")


@pytest.mark.parametrize("twice", ["alg", "kid", "typ"])
async def test_a_name_that_stands_twice_in_the_header_is_refused(verifier: Verifier, twice: str) -> None:
    doubled = f'{{"{twice}": "none", {json.dumps(EHR.header())[1:]}'
    await refused(verifier, EHR.raw(doubled, good_claims()), "malformed")


@pytest.mark.parametrize("claims", ["[]", "null", "1", '""', "{", "", "\ufeff{}", "[" * 3000, '{"a":' * 1000])
async def test_claims_that_are_no_json_object_are_refused(verifier: Verifier, claims: str) -> None:
    await refused(verifier, EHR.raw(EHR.header(), claims), "malformed")


async def test_claims_that_are_not_utf8_are_refused(verifier: Verifier) -> None:
    header, _, signature = EHR.token().split(".")
    claims = encode(json.dumps(good_claims()).encode() + b"\xff")
    await refused(verifier, f"{header}.{claims}.{signature}", "malformed")


async def test_a_token_changed_after_signing_is_refused(verifier: Verifier) -> None:
    header, _, signature = EHR.token().split(".")
    await refused(verifier, f"{header}.{encode(good_claims())}.{signature}", "signature")
    changed = encode({**EHR.header(), "x": 1})
    await refused(verifier, f"{changed}.{EHR.token().split('.')[1]}.{signature}", "signature")


@pytest.mark.parametrize("signature", [b"\0" * 96, b"\xff" * 96, b"\0", b"\0" * 95, b"\0" * 97, b"0" * 2000])
async def test_a_signature_of_zeros_or_odd_length_is_refused(verifier: Verifier, signature: bytes) -> None:
    """Zeros as both halves of an ECDSA signature once passed in Java (CVE-2022-21449)."""
    header, claims, _ = EHR.token().split(".")
    await refused(verifier, f"{header}.{claims}.{encode(signature)}", "signature")


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
async def test_a_claim_that_is_no_json_is_refused_though_nobody_reads_it(verifier: Verifier, constant: str) -> None:
    claims = f'{json.dumps(good_claims())[:-1]}, "x": {constant}}}'
    await refused(verifier, EHR.raw(EHR.header(), claims), "malformed")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
NAMES = [*EHR.header(), "jku", "crit", *good_claims(), "nbf", "tenant"]


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    part=st.sampled_from(["header", "claims"]),
    name=st.sampled_from(NAMES),
    value=JSON,
)
async def test_a_signed_token_with_anything_in_it_is_accepted_or_refused(
    verifier: Verifier, part: str, name: str, value: Any
) -> None:
    token = EHR.token({name: value}) if part == "header" else EHR.token({}, **{name: value})
    with suppress(Refused):
        await call(verifier, token)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text() | st.binary().map(encode), at=st.integers(0, 600), instead_of=st.integers(1, 600))
async def test_a_token_with_any_text_put_in_is_refused(verifier: Verifier, text: str, at: int, instead_of: int) -> None:
    token = EHR.token()
    changed = token[:at] + text + token[at + instead_of :]
    if changed != token:
        with pytest.raises(Refused):
            await call(verifier, changed)
