"""Attacks by the choice of a key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.clients.client import Client
from app.errors import RequestError
from app.security.tokens import Verifier
from tests.support.key_server import KeyServer, key_server
from tests.support.tokens import ISSUER, encode, shared_secrets, signer
from tests.support.verifying import (
    EHR,
    OTHER,
    call,
    refused,
    registered,
)


async def test_a_token_signed_with_the_key_of_another_client_is_refused(verifier: Verifier) -> None:
    await refused(verifier, OTHER.token(), "signature")


async def test_a_token_of_an_unknown_issuer_is_refused(verifier: Verifier) -> None:
    await refused(verifier, EHR.token(iss="https://stranger.example.org"), "issuer")


@pytest.mark.parametrize("iss", [f"{ISSUER}/", ISSUER.upper(), f" {ISSUER}", f"{ISSUER}\0", "", "(unauthenticated)"])
async def test_an_issuer_that_only_looks_like_a_registered_one_is_refused(verifier: Verifier, iss: str) -> None:
    await refused(verifier, EHR.token(iss=iss), "issuer")


@pytest.mark.parametrize(
    "kid",
    ["../../../../dev/null", "/etc/passwd", "x'OR'1'='1", "key-1'--", "http://127.0.0.1/key", "KEY-1", "key-1.", "*"],
)
async def test_a_kid_that_tries_to_choose_the_key_is_refused(verifier: Verifier, kid: str) -> None:
    await refused(verifier, EHR.token({"kid": kid}), "key")


@pytest.mark.parametrize("kid", ["' OR 1=1 --", "key-1\0", "key-1\n", "", "x" * 256, 1, None, ["key-1"], {"a": 1}])
async def test_a_kid_that_is_no_plain_name_is_refused(verifier: Verifier, kid: object) -> None:
    await refused(verifier, EHR.token({"kid": kid}), "malformed")


async def test_a_missing_kid_is_refused(verifier: Verifier) -> None:
    await refused(verifier, EHR.token({"kid": ...}), "malformed")


async def test_an_unlisted_jku_is_never_fetched(verifier: Verifier, server: KeyServer) -> None:
    """Not for a client whose keys were handed over either: it may name where it publishes them, and nothing follows."""
    attacker = signer()
    server.serve(attacker.public())
    await refused(verifier, attacker.token({"jku": server.url}), "signature")
    assert (await call(verifier, EHR.token({"jku": server.url}))).iss == ISSUER
    assert server.requests == []


async def test_a_listed_jku_is_the_only_one_that_is_fetched(verifier: Verifier, server: KeyServer) -> None:
    attacker = signer()
    with key_server() as evil:
        evil.serve(attacker.public())
        server.serve(EHR.public())
        fetching = replace(verifier, clients=registered(Client(iss=ISSUER, jku=server.url)))
        for url in (evil.url, f"{server.url}?", f"{server.url}#x", server.url.replace("127.0.0.1", "localhost")):
            await refused(fetching, attacker.token({"jku": url}), "jku")
        assert (await call(fetching, EHR.token({"jku": server.url}))).jku == server.url
        assert (evil.requests, server.requests) == ([], ["/jwks.json"])


async def test_a_redirect_of_the_jku_is_not_followed(verifier: Verifier, server: KeyServer) -> None:
    attacker = signer()
    with key_server() as evil:
        evil.serve(attacker.public())
        server.status, server.headers = 302, {"Location": evil.url}
        fetching = replace(verifier, clients=registered(Client(iss=ISSUER, jku=server.url)))
        with pytest.raises(RequestError) as caught:
            await call(fetching, attacker.token())
        assert caught.value.status == 503
        assert (evil.requests, server.requests) == ([], ["/jwks.json"])


@pytest.mark.parametrize("member", ["jwk", "x5u", "x5c"])
async def test_a_token_that_brings_its_own_key_is_refused(verifier: Verifier, server: KeyServer, member: str) -> None:
    attacker = signer()
    server.serve(attacker.public())
    brought = {"jwk": attacker.public(), "x5u": server.url, "x5c": [encode(shared_secrets(attacker)[2])]}
    await refused(verifier, attacker.token({member: brought[member]}), "signature")
    assert server.requests == []


@pytest.mark.parametrize("crit", [["exp"], ["b64"], ["x"], [], "x", None, {}])
async def test_a_critical_extension_is_refused(verifier: Verifier, crit: object) -> None:
    await refused(verifier, EHR.token({"crit": crit, "x": 1}), "malformed")


async def test_a_detached_payload_is_refused(verifier: Verifier) -> None:
    await refused(verifier, EHR.token({"b64": False, "crit": ["b64"]}), "malformed")
    await refused(verifier, EHR.token({"b64": True}), "malformed")
