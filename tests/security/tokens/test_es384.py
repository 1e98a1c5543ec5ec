"""ES384 by AWS-LC says the same as by OpenSSL, which is what all other algorithms are checked by."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import example, given
from hypothesis import strategies as st
from jwt import get_algorithm_by_name

from app.clients.es384 import Es384

BYTES = 48
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973
OPENSSL = get_algorithm_by_name("ES384")
PRIVATE = ec.derive_private_key(0x1234_5678_9ABC_DEF0, ec.SECP384R1())
PUBLIC = PRIVATE.public_key()
AWS_LC = Es384(PUBLIC)
LEAST_AND_MOST = [0, 1, 2, ORDER - 1, ORDER, ORDER + 1, 2 ** (8 * BYTES) - 1]

messages = st.binary(max_size=600)
numbers = st.sampled_from(LEAST_AND_MOST) | st.integers(0, 2 ** (8 * BYTES) - 1)


def both_say(message: bytes, signature: bytes) -> bool:
    """What they say; fails when it is not the same."""
    said = AWS_LC.verify(message, PUBLIC, signature)
    assert said is OPENSSL.verify(message, PUBLIC, signature)
    return said


def raw(r: int, s: int) -> bytes:
    return r.to_bytes(BYTES) + s.to_bytes(BYTES)


def test_the_signature_that_rfc_6979_gives_holds() -> None:
    public = ec.EllipticCurvePublicNumbers(
        0xEC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64DEF8F0EA9055866064A254515480BC13,
        0x8015D9B72D7D57244EA8EF9AC0C621896708A59367F9DFB9F54CA84B3F1C9DB1288B231C3AE0D4FE7344FD2533264720,
        ec.SECP384R1(),
    ).public_key()
    signature = raw(
        0x94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46,
        0x99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8,
    )
    assert Es384(public).verify(b"sample", public, signature)
    assert not Es384(public).verify(b"simple", public, signature)
    assert not AWS_LC.verify(b"sample", PUBLIC, signature)


@given(messages)
def test_what_the_key_signed_holds_and_nothing_one_bit_away_does(message: bytes) -> None:
    signature = OPENSSL.sign(message, PRIVATE)
    assert both_say(message, signature)
    assert not both_say(message + b"\0", signature)
    for place in range(0, len(signature), 7):
        wrong = bytearray(signature)
        wrong[place] ^= 1 << place % 8
        assert not both_say(message, bytes(wrong))


@given(messages, numbers, numbers)
@example(b"", 0, 0)
@example(b"", 1, ORDER)
@example(b"", ORDER, 1)
def test_two_numbers_that_nobody_signed_with_do_not_hold(message: bytes, r: int, s: int) -> None:
    assert not both_say(message, raw(r, s))


@given(messages)
def test_a_number_that_is_the_right_one_but_for_the_order_does_not_hold(message: bytes) -> None:
    signature = OPENSSL.sign(message, PRIVATE)
    r, s = int.from_bytes(signature[:BYTES]), int.from_bytes(signature[BYTES:])
    assert both_say(message, raw(r, ORDER - s))  # ECDSA's own second spelling, known to every library
    for wrong in ((0, s), (r, 0), (ORDER, s), (r, ORDER), (ORDER - r, s), (s, r)):
        assert not both_say(message, raw(*wrong))


@given(st.binary(max_size=3 * BYTES).filter(lambda signature: len(signature) != 2 * BYTES))
def test_a_signature_of_another_length_does_not_hold(signature: bytes) -> None:
    assert not both_say(b"message", signature)
