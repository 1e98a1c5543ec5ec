"""A verifier with two clients, and a key server that runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from app.outbound.client import build_client
from app.outbound.policy import Policy
from app.security.keys import KeyCache
from app.security.tokens import Verifier
from tests.support.key_server import KeyServer, key_server
from tests.support.verifying import OTHER, OTHER_ISSUER, SKEW, Used, client, registered


@pytest.fixture
async def verifier() -> AsyncIterator[Verifier]:
    """Knows two clients, each with a key of the same name."""
    async with build_client(Policy(loopback=True)) as http:
        keys = KeyCache(http)
        yield Verifier(registered(client(), client(OTHER, iss=OTHER_ISSUER)), keys, Used(), SKEW)
        await keys.close()


@pytest.fixture
def server() -> Iterator[KeyServer]:
    with key_server() as running:
        yield running
