"""Who is let in, and where anyone may call."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.clients.client import UNAUTHENTICATED, Client
from app.clients.keys import ALGORITHMS
from app.clients.registry import NO_CLIENTS
from app.security.tokens import NotAllowed, NoToken, Refused, Verifier
from tests.support.tokens import CALLED, ISSUER, NOW, signer
from tests.support.verifying import (
    EHR,
    OTHER,
    OTHER_ISSUER,
    call,
    refused,
    registered,
    with_client,
)


async def test_a_good_token_is_accepted(verifier: Verifier) -> None:
    assert (await call(verifier, EHR.token())).iss == ISSUER
    assert (await call(verifier, OTHER.token(iss=OTHER_ISSUER))).iss == OTHER_ISSUER


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_a_good_token_of_each_algorithm_is_accepted(verifier: Verifier, algorithm: str) -> None:
    by = signer(algorithm)
    await call(with_client(verifier, by=by, algorithms=(algorithm,)), by.token())


async def test_a_call_without_a_token_is_refused(verifier: Verifier) -> None:
    with pytest.raises(NoToken) as caught:
        await verifier.verify([], [CALLED], NOW)
    assert (caught.value.status, caught.value.headers) == (401, {"WWW-Authenticate": "Bearer"})


async def test_two_authorization_headers_are_refused(verifier: Verifier) -> None:
    value = f"Bearer {EHR.token()}"
    for several in ([value, value], [value, "Bearer x"], ["Basic x", value]):
        with pytest.raises(Refused):
            await verifier.verify(several, [CALLED], NOW)
    await refused(verifier, f"{EHR.token()}, {value}", "malformed")


async def test_another_scheme_than_bearer_is_refused(verifier: Verifier) -> None:
    for value in (f"Basic {EHR.token()}", EHR.token(), "Bearer", "Bearer ", "Bearer   ", f"Bearer\t{EHR.token()}"):
        with pytest.raises(Refused):
            await verifier.verify([value], [CALLED], NOW)


async def test_several_blanks_before_the_token_are_accepted(verifier: Verifier) -> None:
    """RFC 9110, 11.4."""
    assert (await verifier.verify([f"Bearer   {EHR.token()}"], [CALLED], NOW)).iss == ISSUER


async def test_every_refusal_before_the_signature_holds_reads_the_same(verifier: Verifier) -> None:
    messages = set()
    with_jku = Client(iss="https://third.example.org", jku="https://third.example.org/jwks.json")
    three = replace(verifier, clients=registered(*verifier.clients, with_jku))
    for token in (
        EHR.token(iss="https://stranger.example.org"),
        OTHER.token(),
        EHR.token({"kid": "other"}),
        EHR.token({"alg": "HS256"}),
        EHR.token({"jku": "https://elsewhere.example.org"}, iss=with_jku.iss),
    ):
        with pytest.raises(Refused) as caught:
            await call(three, token)
        messages.add(str(caught.value))
    assert len(messages) == 1


async def test_where_anyone_may_call_a_token_of_a_registered_issuer_is_still_checked(verifier: Verifier) -> None:
    lenient = replace(verifier, anyone=UNAUTHENTICATED)
    assert await lenient.verify([], [CALLED], NOW) is UNAUTHENTICATED
    assert await call(lenient, EHR.token(iss="https://stranger.example.org")) is UNAUTHENTICATED
    assert await call(lenient, "no token") is UNAUTHENTICATED
    await refused(lenient, OTHER.token(), "signature")
    assert (await call(lenient, EHR.token())).iss == ISSUER
    assert await call(replace(lenient, clients=NO_CLIENTS), EHR.token()) is UNAUTHENTICATED


async def test_a_token_of_another_tenant_is_forbidden(verifier: Verifier) -> None:
    tenanted = with_client(verifier, tenant="hospital-1")
    await call(tenanted, EHR.token(tenant="hospital-1"))
    for tenant in ("hospital-2", "HOSPITAL-1", "", ...):
        with pytest.raises(NotAllowed) as caught:
            await call(tenanted, EHR.token(tenant=tenant))
        assert (caught.value.status, caught.value.reason) == (403, "tenant")


async def test_a_forged_token_of_another_tenant_learns_nothing_of_tenants(verifier: Verifier) -> None:
    await refused(with_client(verifier, tenant="hospital-1"), OTHER.token(tenant="hospital-2"), "signature")
