"""One signature has one spelling: base64url leaves room for more at the end of a part."""

from __future__ import annotations

import pytest
from jwt import get_algorithm_by_name
from jwt.utils import base64url_decode

from app.security.tokens import Verifier
from tests.support.tokens import encode, good_claims, signer
from tests.support.verifying import call, refused, with_client

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
BY = signer("ES256")


@pytest.fixture
def verifier(verifier: Verifier) -> Verifier:
    """One that knows a client whose signatures are not a multiple of three bytes long."""
    return with_client(verifier, by=BY, algorithms=("ES256",))


def with_stray_bit(part: str) -> str:
    """Other text for the same bytes."""
    other = part[:-1] + ALPHABET[ALPHABET.index(part[-1]) + 1]
    assert base64url_decode(other) == base64url_decode(part)
    return other


def claims(length: int) -> str:
    """Good ones, in so many characters more than a multiple of four."""
    texts = (encode({**good_claims(), "padding": "x" * n}) for n in range(3))
    return next(text for text in texts if len(text) % 4 == length)


async def test_another_spelling_of_a_signature_is_refused(verifier: Verifier) -> None:
    content, _, signature = BY.token().rpartition(".")
    await refused(verifier, f"{content}.{with_stray_bit(signature)}", "signature")
    await call(verifier, f"{content}.{signature}")


@pytest.mark.parametrize("length", [2, 3])
async def test_another_spelling_of_claims_is_refused_though_it_is_signed(verifier: Verifier, length: int) -> None:
    await call(verifier, signed(claims(length)))
    await refused(verifier, signed(with_stray_bit(claims(length))), "signature")


@pytest.mark.parametrize("signature", ["A", "AAAAA", "AA", "A" * 86, "_" * 86, "A" * 128])
async def test_a_signature_of_any_length_that_is_none_is_refused(verifier: Verifier, signature: str) -> None:
    content, _, _ = BY.token().rpartition(".")
    await refused(verifier, f"{content}.{signature}", "signature")


def signed(claims: str) -> str:
    """The claims as they are spelt, truly signed."""
    content = f"{encode(BY.header())}.{claims}"
    signature = get_algorithm_by_name(BY.algorithm).sign(content.encode(), BY.private)
    return f"{content}.{encode(signature)}"
