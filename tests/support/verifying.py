"""Calls with tokens, and what a refusal must look like."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.clients.client import Client
from app.clients.keys import read_keys
from app.clients.registry import Clients
from app.security.tokens import Refused, Verifier
from tests.support.tokens import CALLED, ISSUER, NOW, Signer, signer

SKEW = timedelta(seconds=10)
TIME = int(NOW.timestamp())
FEEDBACK = f"{CALLED}/feedback"
EHR = signer()
OTHER = signer()
OTHER_ISSUER = "https://other.example.org"


class Used:
    """The store of used tokens, in memory: it keeps the promise that `first_use` makes."""

    def __init__(self) -> None:
        self.until: dict[tuple[str, str], datetime] = {}

    async def __call__(self, issuer: str, jti: str, expires: datetime) -> bool:
        is_first = (issuer, jti) not in self.until
        self.until.setdefault((issuer, jti), expires)
        return is_first


def client(by: Signer = EHR, iss: str = ISSUER, algorithms: Collection[str] = ("ES384",), **more: Any) -> Client:
    """A client whose public key is registered itself."""
    return Client(iss=iss, jwks=read_keys(by.jwks(), algorithms), algorithms=tuple(algorithms), **more)


def registered(*clients: Client) -> Clients:
    return Clients({one.iss: one for one in clients})


def with_client(verifier: Verifier, **changes: Any) -> Verifier:
    """The verifier when it knows only this client."""
    return replace(verifier, clients=registered(client(**changes)))


async def call(verifier: Verifier, token: str, url: str = CALLED, now: datetime = NOW) -> Client:
    return await verifier.verify([f"Bearer {token}"], [url], now)


async def refused(verifier: Verifier, token: str, reason: str, url: str = CALLED, now: datetime = NOW) -> None:
    """Refused with 401, for the reason that the test is about, without a word of the token, and without using it up."""
    used = verifier.first_use
    assert isinstance(used, Used)
    before = dict(used.until)
    with pytest.raises(Refused) as caught:
        await call(verifier, token, url, now)
    assert caught.value.reason == reason
    assert caught.value.status == 401
    assert caught.value.headers == {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    assert not [part for part in token.split(".") if part and part in str(caught.value)]
    assert used.until == before
