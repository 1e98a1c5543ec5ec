"""Only public keys that are fit for an allowed algorithm come out of a key set."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.clients.keys import ALGORITHMS, DEFAULT_ALGORITHMS, KeySet, read_keys
from tests.support.tokens import Signer, rsa_key, signer

EC = signer("ES384")
RSA = signer("RS384")
HMAC_KEY = {"kty": "oct", "k": "c2VjcmV0", "kid": "key-1"}


def read(*keys: Any, algorithms: tuple[str, ...] = DEFAULT_ALGORITHMS) -> KeySet:
    return read_keys({"keys": list(keys)}, algorithms)


def refusal(key: Any, algorithms: tuple[str, ...] = DEFAULT_ALGORITHMS) -> str:
    keys = read(key, algorithms=algorithms)
    assert not keys.keys
    (reason,) = keys.refused
    return reason


def test_no_allowed_algorithm_is_symmetric_or_none() -> None:
    assert not [name for name in ALGORITHMS if name.lower() == "none" or name.startswith("HS")]
    assert not [name for name, (key_type, _) in ALGORITHMS.items() if key_type not in {"EC", "RSA", "OKP"}]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_is_prepared_for_its_algorithm(algorithm: str) -> None:
    by = signer(algorithm)
    keys = read(by.public(), algorithms=tuple(ALGORITHMS))
    found = keys.find("key-1", algorithm)
    assert found is not None
    assert found.algorithm_name == algorithm
    assert keys.refused == ()


def test_a_key_of_rsa_serves_every_rsa_algorithm_that_is_registered_and_no_other() -> None:
    keys = read(RSA.public(), algorithms=("RS384", "PS384", "ES384"))
    assert keys.keys.keys() == {("key-1", "RS384"), ("key-1", "PS384")}


def test_a_key_that_names_its_algorithm_serves_no_other() -> None:
    keys = read(RSA.public(alg="PS384"), algorithms=("RS384", "PS384"))
    assert keys.keys.keys() == {("key-1", "PS384")}


@pytest.mark.parametrize("algorithms", [DEFAULT_ALGORITHMS, tuple(ALGORITHMS)])
def test_a_symmetric_key_is_refused(algorithms: tuple[str, ...]) -> None:
    assert "private or symmetric" in refusal(HMAC_KEY, algorithms)
    assert "none of the algorithms" in refusal({"kty": "oct", "kid": "key-1"}, algorithms)


@pytest.mark.parametrize("by", [EC, RSA, signer("EdDSA")])
def test_a_private_key_is_refused_without_telling_it(by: Signer) -> None:
    reason = refusal(by.private_jwk(), tuple(ALGORITHMS))
    assert "private or symmetric" in reason
    assert by.private_jwk()["d"] not in reason


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kid": None}, "`kid` is missing"),
        ({"kid": ""}, "`kid` is missing"),
        ({"kid": 1}, "`kid` is missing"),
        ({"use": "enc"}, "`use`"),
        ({"key_ops": ["sign"]}, "`key_ops`"),
        ({"key_ops": "verify"}, "`key_ops`"),
        ({"key_ops": None}, "`key_ops`"),
        ({"alg": "ES256"}, "none of the algorithms"),
        ({"alg": "HS256"}, "none of the algorithms"),
        ({"alg": "none"}, "none of the algorithms"),
        ({"alg": None}, "none of the algorithms"),
        ({"kty": "RSA"}, "no valid key"),
        ({"kty": "oct"}, "none of the algorithms"),
        ({"crv": "P-256"}, "none of the algorithms"),
        ({"crv": "secp256k1"}, "none of the algorithms"),
        ({"x": "AA"}, "no valid key"),
        ({"x": 1}, "no valid key"),
        ({"y": None}, "no valid key"),
        ({"y": EC.public()["x"]}, "no valid key"),
    ],
)
def test_an_unfit_key_is_refused_with_the_reason(changes: dict[str, Any], said: str) -> None:
    reason = refusal(EC.public(**changes))
    assert reason.startswith("key 1: ")
    assert said in reason
    assert EC.public()["x"] not in reason


def test_a_short_key_of_rsa_is_refused() -> None:
    assert "2048 to 8192 bits" in refusal(Signer(rsa_key(1024), "RS384").public())


def test_a_kid_that_stands_twice_is_refused_the_second_time() -> None:
    keys = read(EC.public(), signer("ES384").public())
    assert keys.refused == ("key 2: its `kid` stands twice",)
    assert keys.keys["key-1", "ES384"].key.public_numbers() == EC.private.public_key().public_numbers()  # type: ignore[union-attr]  # an EC key


def test_two_keys_of_one_name_and_two_kinds_are_both_kept() -> None:
    assert read(EC.public(), RSA.public()).keys.keys() == {("key-1", "ES384"), ("key-1", "RS384")}


def test_a_bad_key_does_not_hide_a_good_one() -> None:
    keys = read("?", HMAC_KEY, EC.public())
    assert keys.find("key-1", "ES384") is not None
    assert len(keys.refused) == 2


@pytest.mark.parametrize("jwks", [None, [], "", 1, {}, {"keys": None}, {"keys": {}}, {"keys": "x"}, EC.public()])
def test_what_is_no_key_set_is_refused(jwks: object) -> None:
    with pytest.raises(ValueError, match="JWK Set"):
        read_keys(jwks, DEFAULT_ALGORITHMS)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
MEMBERS = ["kty", "crv", "x", "y", "n", "e", "kid", "use", "alg", "key_ops"]


@settings(deadline=None, max_examples=300)
@given(by=st.sampled_from([EC, RSA]), changes=st.dictionaries(st.sampled_from(MEMBERS), JSON, min_size=1))
def test_no_key_whatever_makes_it_fail_otherwise(by: Signer, changes: dict[str, Any]) -> None:
    keys = read(by.public(**changes), algorithms=tuple(ALGORITHMS))
    assert bool(keys.keys) != bool(keys.refused)
