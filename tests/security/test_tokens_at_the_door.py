"""Attacks with tokens, over HTTP; tests/security/tokens has more of each kind, on the verifier alone."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Any

import httpx
import pytest

from tests.security.conftest import MOVED_ISSUER, PUBLISHED_ISSUER, TENANT_ISSUER, Site
from tests.support.hooks import FEEDBACK, URL, refused, request
from tests.support.hospital import OPERATOR, PUBLIC, bearer
from tests.support.key_server import key_server
from tests.support.tokens import CALLED, Signer, encode, good_claims, shared_secrets, signer
from tests.support.verifying import EHR, OTHER, TIME


def send(site: Site, token: str, path: str = URL, **headers: str) -> httpx.Response:
    return site.client.post(path, json=request(), headers=bearer(token) | headers)


def turned_away(response: httpx.Response, token: str) -> None:
    """401 by the book, without a word of the token."""
    refused(response, 401)
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert not [part for part in token.split(".") if part and part in response.text]


def test_a_good_token_opens_the_door(site: Site) -> None:
    assert site.ask().status_code == 200
    assert site.report().status_code == 200


def test_no_token_is_401(site: Site) -> None:
    for response in (
        site.client.get("/cds-services"),
        site.client.post(URL, json=request()),
        site.client.post(FEEDBACK, json={"feedback": []}),
    ):
        refused(response, 401)
        assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("none", ["none", "None", "NONE", "nOnE", ""])
def test_alg_none_is_401(site: Site, none: str) -> None:
    unsigned = f"{encode({**EHR.header(), 'alg': none})}.{encode(good_claims())}."
    for token in (unsigned, unsigned + "AAAA"):
        turned_away(send(site, token), token)


@pytest.mark.parametrize("secret", shared_secrets(EHR))
def test_hs256_with_the_public_key_is_401(site: Site, secret: bytes) -> None:
    signed = f"{encode({**EHR.header(), 'alg': 'HS256'})}.{encode(good_claims())}"
    token = f"{signed}.{encode(hmac.digest(secret, signed.encode(), sha256))}"
    turned_away(send(site, token), token)


@pytest.mark.parametrize(
    "kid", ["../../../dev/null", "/etc/passwd", "key-1' OR '1'='1", "|id", "http://evil.example/key", "key-1\x00", "*"]
)
def test_kid_injection_is_401(site: Site, kid: str) -> None:
    token = EHR.token({"kid": kid})
    turned_away(send(site, token), token)


def test_a_key_in_the_token_is_401(site: Site) -> None:
    forger = signer(kid="forged")
    for header in ({"jwk": forger.public()}, {"x5c": ["MIIB"]}, {"x5u": site.stray.url}):
        token = forger.token(header)
        turned_away(send(site, token), token)
    assert site.stray.requests == []


def test_an_unlisted_jku_sees_no_request(site: Site) -> None:
    forger = signer(kid="forged")
    with key_server() as evil:
        evil.serve(forger.public())
        for issuer in (PUBLISHED_ISSUER, good_claims()["iss"]):
            token = forger.token({"jku": evil.url}, iss=issuer)
            turned_away(send(site, token), token)
        assert evil.requests == []


def test_a_listed_jku_is_asked_and_a_redirect_of_one_is_not_followed(site: Site) -> None:
    assert send(site, EHR.token({"jku": site.keys.url}, iss=PUBLISHED_ISSUER)).status_code == 200
    refused(send(site, EHR.token(iss=MOVED_ISSUER)), 503)
    assert site.moved.requests
    assert site.stray.requests == []


def test_a_token_of_an_unknown_issuer_is_401(site: Site) -> None:
    for iss in (
        "https://evil.example",
        "https://ehr.example.org/",
        "https://EHR.example.org",
        "(development)",
        "(unauthenticated)",
    ):
        token = EHR.token(iss=iss)
        turned_away(send(site, token), token)


def test_a_token_signed_by_another_client_is_401(site: Site) -> None:
    token = OTHER.token()
    turned_away(send(site, token), token)


def test_an_expired_token_is_401(site: Site) -> None:
    token = EHR.token(iat=TIME - 400, exp=TIME - 100)
    turned_away(send(site, token), token)


@pytest.mark.parametrize("claims", [{"iat": TIME + 60}, {"nbf": TIME + 60}])
def test_a_token_that_is_not_yet_valid_is_401(site: Site, claims: dict[str, Any]) -> None:
    token = EHR.token(None, **claims)
    turned_away(send(site, token), token)


def test_a_token_that_lives_too_long_is_401(site: Site) -> None:
    for exp in (TIME + 3601, TIME + 10**9):
        token = EHR.token(exp=exp)
        turned_away(send(site, token), token)


def test_a_token_that_was_used_is_401_on_every_endpoint(site: Site) -> None:
    token = EHR.token(aud=[f"{PUBLIC}/cds-services", CALLED, f"{PUBLIC}{FEEDBACK}"])
    assert site.client.get("/cds-services", headers=bearer(token)).status_code == 200
    turned_away(send(site, token), token)
    turned_away(send(site, token, FEEDBACK), token)
    turned_away(site.client.get("/cds-services", headers=bearer(token)), token)


@pytest.mark.parametrize(
    "aud", ["https://evil.example", PUBLIC, "", f"{PUBLIC}/cds-services", f"{CALLED}/..", [], None, 7]
)
def test_a_wrong_aud_is_401(site: Site, aud: Any) -> None:
    token = EHR.token(aud=aud)
    turned_away(send(site, token), token)


def test_the_aud_of_another_service_is_401(site: Site) -> None:
    token = EHR.token(aud=f"{PUBLIC}/cds-services/another-service")
    turned_away(send(site, token), token)


def test_the_aud_of_the_service_is_401_on_feedback(site: Site) -> None:
    token = EHR.token(aud=CALLED)
    turned_away(send(site, token, FEEDBACK), token)
    token = EHR.token(aud=f"{PUBLIC}{FEEDBACK}")
    turned_away(send(site, token, URL), token)


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "Forwarded", "X-Original-URL", "X-Rewrite-URL"])
def test_no_header_chooses_the_aud(site: Site, header: str) -> None:
    token = EHR.token(aud=f"https://evil.example{URL}")
    value = "host=evil.example;proto=https" if header == "Forwarded" else "evil.example"
    turned_away(send(site, token, **{header: value}), token)
    assert send(site, EHR.token(), Host="evil.example").status_code == 200


@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "iat", "jti"])
def test_a_missing_claim_is_401(site: Site, claim: str) -> None:
    token = EHR.token(None, **{claim: ...})
    turned_away(send(site, token), token)


def test_a_huge_token_is_refused(site: Site) -> None:
    token = EHR.token(padding="x" * 9_000)
    turned_away(send(site, token), token)
    refused(send(site, EHR.token(padding="x" * 30_000)), 431)


def test_two_tokens_are_401(site: Site) -> None:
    both = [("Authorization", f"Bearer {EHR.token()}"), ("Authorization", f"Bearer {EHR.token()}")]
    refused(site.client.post(URL, json=request(), headers=both), 401)


def test_another_tenant_is_403(site: Site) -> None:
    assert send(site, EHR.token(iss=TENANT_ISSUER, tenant="ours")).status_code == 200
    refused(send(site, EHR.token(iss=TENANT_ISSUER, tenant="theirs")), 403)
    refused(send(site, EHR.token(iss=TENANT_ISSUER)), 403)


def test_the_operator_token_is_no_key_to_the_service(site: Site) -> None:
    turned_away(send(site, OPERATOR), OPERATOR)


def test_a_token_in_the_query_or_a_cookie_is_no_token(site: Site) -> None:
    refused(site.client.post(f"{URL}?access_token={EHR.token()}", json=request()), 401)
    refused(site.client.post(URL, json=request(), headers={"Cookie": f"access_token={EHR.token()}"}), 401)


def test_a_signature_by_an_algorithm_that_is_not_registered_is_401(site: Site) -> None:
    by = Signer(signer("RS256").private, "RS256")
    token = by.token()
    turned_away(send(site, token), token)
