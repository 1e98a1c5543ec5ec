"""Attacks by the times of a token, and by using it twice."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.security.tokens import Verifier
from tests.support.tokens import ISSUER, NOW, good_claims
from tests.support.verifying import (
    EHR,
    FEEDBACK,
    OTHER,
    OTHER_ISSUER,
    SKEW,
    TIME,
    Used,
    call,
    refused,
    with_client,
)


async def test_an_expired_token_is_refused(verifier: Verifier) -> None:
    token = EHR.token()
    await refused(verifier, token, "expired", now=NOW + timedelta(seconds=300) + SKEW)
    await call(verifier, token, now=NOW + timedelta(seconds=299) + SKEW)


async def test_a_token_that_is_not_valid_yet_is_refused(verifier: Verifier) -> None:
    await refused(verifier, EHR.token(iat=TIME + 11), "not-yet-valid")
    await refused(verifier, EHR.token(nbf=TIME + 11), "not-yet-valid")
    await call(verifier, EHR.token(iat=TIME + 10, nbf=TIME + 10))


async def test_a_token_that_lives_too_long_is_refused(verifier: Verifier) -> None:
    await refused(verifier, EHR.token(exp=TIME + 3601), "lifetime")
    await call(verifier, EHR.token(exp=TIME + 3600))
    short = with_client(verifier, max_token_lifetime=timedelta(minutes=5))
    await refused(short, EHR.token(exp=TIME + 301), "lifetime")


async def test_a_token_that_expires_before_it_was_issued_is_refused(verifier: Verifier) -> None:
    await refused(verifier, EHR.token(iat=TIME + 5, exp=TIME + 5), "lifetime")
    await refused(verifier, EHR.token(iat=TIME + 5, exp=TIME), "lifetime")


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
@pytest.mark.parametrize(
    "written",
    [f'"{TIME}"', "NaN", "Infinity", "-Infinity", "1e400", "-1", "true", "null", "[1]", "9" * 400, "9" * 5000, "1e30"],
)
async def test_a_time_that_is_no_plain_number_is_refused(verifier: Verifier, claim: str, written: str) -> None:
    claims = json.dumps({**good_claims(), claim: "@"}).replace('"@"', written)
    await refused(verifier, EHR.raw(EHR.header(), claims), "malformed")


async def test_a_time_with_fractions_is_accepted(verifier: Verifier) -> None:
    """RFC 7519 allows them, and the public sandbox is half a second ahead."""
    await call(verifier, EHR.token(iat=TIME + 0.5, exp=TIME + 300.5))


async def test_a_token_is_refused_the_second_time(verifier: Verifier) -> None:
    token = EHR.token(jti="1")
    await call(verifier, token)
    await refused(verifier, token, "replay")
    await refused(verifier, EHR.token(jti="1", iat=TIME - 1), "replay")


async def test_another_client_may_use_the_same_jti(verifier: Verifier) -> None:
    await call(verifier, EHR.token(jti="1"))
    await call(verifier, OTHER.token(iss=OTHER_ISSUER, jti="1"))


async def test_a_used_token_is_remembered_for_as_long_as_it_would_be_accepted(verifier: Verifier) -> None:
    await call(verifier, EHR.token(jti="1", exp=TIME + 300.5))
    assert isinstance(verifier.first_use, Used)
    assert verifier.first_use.until == {(ISSUER, "1"): datetime.fromtimestamp(TIME + 311, UTC)}


async def test_a_forged_token_does_not_use_up_the_real_one(verifier: Verifier) -> None:
    real = EHR.token(jti="1")
    await refused(verifier, OTHER.token(jti="1"), "signature")
    await refused(verifier, real, "audience", url=FEEDBACK)
    await call(verifier, real)


@pytest.mark.parametrize("jti", ["", "x" * 256, "a\0b", "a\nb", "a b", "\ud800", "é", 1, None, ["a"]])
async def test_a_jti_that_cannot_be_stored_is_refused(verifier: Verifier, jti: object) -> None:
    await refused(verifier, EHR.token(jti=jti), "malformed")
