"""Attacks with a token that was made for another place."""

from __future__ import annotations

import pytest

from app.security.tokens import Verifier
from tests.support.tokens import CALLED
from tests.support.verifying import (
    EHR,
    FEEDBACK,
    call,
    refused,
    with_client,
)


async def test_a_token_for_another_audience_is_refused(verifier: Verifier) -> None:
    for aud in ("https://elsewhere.example.org", "", "https://legwork.example.org", [], [""], ["https://a.example"]):
        await refused(verifier, EHR.token(aud=aud), "audience")


async def test_a_token_for_another_service_of_ours_is_refused(verifier: Verifier) -> None:
    await refused(verifier, EHR.token(aud=CALLED.replace("workup", "weekly")), "audience")
    await refused(verifier, EHR.token(aud="https://legwork.example.org/cds-services"), "audience")
    await refused(verifier, EHR.token(aud=f"{CALLED}/../leg-weakness-workup"), "audience")


async def test_the_service_as_audience_is_refused_on_its_feedback_endpoint(verifier: Verifier) -> None:
    await refused(verifier, EHR.token(), "audience", url=FEEDBACK)
    await refused(verifier, EHR.token(aud=FEEDBACK), "audience")
    await call(verifier, EHR.token(aud=FEEDBACK), url=FEEDBACK)


async def test_one_of_several_audiences_is_enough(verifier: Verifier) -> None:
    await call(verifier, EHR.token(aud=["https://elsewhere.example.org", CALLED]))


async def test_a_client_with_its_own_audience_may_use_it_everywhere(verifier: Verifier) -> None:
    wide = with_client(verifier, audiences=("https://legwork.example.org",))
    await call(wide, EHR.token(aud="https://legwork.example.org"))
    await call(wide, EHR.token(aud="https://legwork.example.org"), url=FEEDBACK)
    await refused(wide, EHR.token(aud="https://legwork.example.org.evil.example"), "audience")


async def test_two_spellings_of_one_url_are_one_audience(verifier: Verifier) -> None:
    for aud in (f"{CALLED}/", CALLED.replace("legwork.example.org", "LEGWORK.example.org:443")):
        await call(verifier, EHR.token(aud=aud))
    await call(verifier, EHR.token(), url=f"{CALLED}/")
    await call(
        with_client(verifier, audiences=("https://legwork.example.org/",)), EHR.token(aud="HTTPS://legwork.example.org")
    )


@pytest.mark.parametrize("aud", [1, None, {"a": 1}, [1], [None], [[CALLED]], True])
async def test_an_audience_that_is_no_text_is_refused(verifier: Verifier, aud: object) -> None:
    await refused(verifier, EHR.token(aud=aud), "malformed")
