"""A hospital to attack: the service in production, its clients with their keys and FHIR servers, on real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.support.charts import Json, foot_drop, patient, potassium
from tests.support.fhir_server import FhirServer
from tests.support.hooks import FEEDBACK, URL, reaching, request
from tests.support.hospital import hospital, registration, signed
from tests.support.key_server import KeyServer, key_server
from tests.support.tokens import Signer
from tests.support.verifying import EHR, OTHER, OTHER_ISSUER

PUBLISHED_ISSUER = "https://published.example.org"
MOVED_ISSUER = "https://moved.example.org"
TENANT_ISSUER = "https://tenant.example.org"
_TYPES = ("Patient", "Condition", "Observation", "MedicationRequest", "Patient/p1", "metadata")


@dataclass(frozen=True)
class Site:
    """`ehr` is the FHIR server of client EHR, `other` that of client OTHER; `stranger` is nobody's.

    The keys of PUBLISHED_ISSUER are at `keys`; those of MOVED_ISSUER at `moved`, which says that they are at `stray`.
    """

    client: httpx.Client
    ehr: FhirServer
    other: FhirServer
    stranger: FhirServer
    keys: KeyServer
    moved: KeyServer
    stray: KeyServer

    def ask(self, **elements: Any) -> httpx.Response:
        """A call of client EHR."""
        return self.post(request(**elements))

    def ask_reaching(self, server: str, **elements: Any) -> httpx.Response:
        """A call of client EHR that says where its FHIR server is, and gives a token for it."""
        return self.post(reaching(server, **elements))

    def post(self, body: Json | bytes, path: str = URL, by: Signer = EHR, **claims: Any) -> httpx.Response:
        """A call with a token that was never used."""
        headers = {**signed(path, by, **claims), "Content-Type": "application/json"}
        if isinstance(body, bytes):
            return self.client.post(path, content=body, headers=headers)
        return self.client.post(path, json=body, headers=headers)

    def report(self, *items: Json) -> httpx.Response:
        """Feedback of client EHR."""
        return self.post({"feedback": list(items)}, FEEDBACK)

    @property
    def fhir_servers(self) -> tuple[FhirServer, ...]:
        return (self.ehr, self.other, self.stranger)


@pytest.fixture(scope="session")
def running_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One for all tests: starting it takes longer than most attacks."""
    with ExitStack() as stack:
        ehr, other, stranger = (
            stack.enter_context(FhirServer([patient(), foot_drop(), potassium(2.4)])) for _ in "123"
        )
        keys, moved, stray = (stack.enter_context(key_server()) for _ in "123")
        keys.serve(EHR.public())
        stray.serve(EHR.public())
        moved.status, moved.headers = 302, {"Location": stray.url}
        clients = (
            registration(fhir_servers=[{"url": ehr.url, "version": "R4"}], fetch_budget=5),
            registration(OTHER, OTHER_ISSUER, fhir_servers=[{"url": other.url, "version": "R4"}]),
            {"iss": PUBLISHED_ISSUER, "jku": keys.url, "algorithms": ["ES384"]},
            {"iss": MOVED_ISSUER, "jku": moved.url, "algorithms": ["ES384"]},
            registration(iss=TENANT_ISSUER, tenant="ours"),
        )
        client = stack.enter_context(hospital(tmp_path_factory.mktemp("site"), *clients))
        yield Site(client, ehr, other, stranger, keys, moved, stray)


@pytest.fixture
def site(running_site: Site) -> Site:
    """The hospital, its servers well-behaved, and nobody has asked them anything."""
    for server in running_site.fhir_servers:
        server.seen.clear()
        for path in _TYPES:
            server.on(path)
    return running_site
