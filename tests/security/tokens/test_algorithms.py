"""Attacks by the choice of an algorithm."""

from __future__ import annotations

import hmac
from dataclasses import replace

import pytest

from app.clients.client import Client
from app.clients.keys import read_keys
from app.security.tokens import Verifier
from tests.support.tokens import ISSUER, Signer, encode, good_claims, rsa_key, shared_secrets, signer
from tests.support.verifying import (
    EHR,
    refused,
    registered,
    with_client,
)


@pytest.mark.parametrize("none", ["none", "None", "NONE", "nOnE", ""])
@pytest.mark.parametrize("signature", ["", encode(b"0"), EHR.token().split(".")[2]])
async def test_alg_none_is_refused(verifier: Verifier, none: str, signature: str) -> None:
    unsigned = f"{encode({**EHR.header(), 'alg': none})}.{encode(good_claims())}.{signature}"
    await refused(verifier, unsigned, "algorithm" if signature else "malformed")


@pytest.mark.parametrize("secret", range(5))
@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
async def test_a_symmetric_signature_with_the_public_key_is_refused(
    verifier: Verifier, algorithm: str, secret: int
) -> None:
    signed = f"{encode({**EHR.header(), 'alg': algorithm})}.{encode(good_claims())}"
    forged = hmac.digest(shared_secrets(EHR)[secret], signed.encode(), f"sha{algorithm[2:]}")
    await refused(verifier, f"{signed}.{encode(forged)}", "algorithm")


@pytest.mark.parametrize("algorithm", ["HS256", "none"])
async def test_a_symmetric_algorithm_makes_no_key_even_for_a_client_that_was_given_it(
    verifier: Verifier, algorithm: str
) -> None:
    careless = Client(iss=ISSUER, jwks=read_keys(EHR.jwks(), ["ES384"]), algorithms=("ES384", algorithm))
    signed = f"{encode({**EHR.header(), 'alg': algorithm})}.{encode(good_claims())}"
    forged = hmac.digest(shared_secrets(EHR)[0], signed.encode(), "sha256")
    await refused(replace(verifier, clients=registered(careless)), f"{signed}.{encode(forged)}", "key")


async def test_an_algorithm_that_is_not_registered_is_refused(verifier: Verifier) -> None:
    by = signer("RS256")
    keys = read_keys(by.jwks(), ["RS256", "RS384"])
    narrow = replace(verifier, clients=registered(Client(iss=ISSUER, jwks=keys, algorithms=("RS384",))))
    await refused(narrow, by.token(), "algorithm")


@pytest.mark.parametrize("algorithm", ["ES256", "RS384", "PS384", "EdDSA"])
async def test_an_algorithm_that_does_not_suit_the_key_is_refused(verifier: Verifier, algorithm: str) -> None:
    wide = with_client(verifier, algorithms=("ES384", algorithm))
    await refused(wide, EHR.token({"alg": algorithm}), "key")


async def test_a_key_of_another_curve_than_the_algorithm_names_is_refused(verifier: Verifier) -> None:
    by = Signer(signer("ES256").private, "ES256")
    wide = with_client(verifier, by=by, algorithms=("ES256", "ES384"))
    await refused(wide, by.token({"alg": "ES384"}), "key")


async def test_an_rsa_key_that_is_too_short_is_no_key(verifier: Verifier) -> None:
    weak = Signer(rsa_key(1024), "RS384")
    assert read_keys(weak.jwks(), ["RS384"]).refused == ("key 1: 2048 to 8192 bits were expected",)
    await refused(with_client(verifier, by=weak, algorithms=("RS384",)), weak.token(), "key")
