"""A caller and its FHIR server, and another that must never be called."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from app.outbound.client import build_client
from app.outbound.policy import Policy
from tests.support.charts import foot_drop, patient, potassium
from tests.support.fhir_server import FhirServer
from tests.support.gathering import Caller


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[FhirServer]:
    """Its ways can be given as an indirect parameter."""
    with FhirServer([patient(), foot_drop(), potassium(2.9)], **getattr(request, "param", {})) as running:
        yield running


@pytest.fixture
def elsewhere() -> Iterator[FhirServer]:
    """Another origin, which must never be called."""
    with FhirServer([potassium(1.1, "theirs")]) as running:
        yield running
        assert running.seen == []


@pytest.fixture
async def caller(server: FhirServer) -> AsyncIterator[Caller]:
    async with build_client(Policy(loopback=True)) as http:
        yield Caller(http, server)
