"""Puts fixture patients on a FHIR server, to try the service with a whole EHR or the public CDS Hooks sandbox.

Each resource is put under an id of its own (https://hl7.org/fhir/R4/http.html#upsert): doing it twice changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import httpx

from app.errors import LegworkError
from app.trial.fixture import Fixture, Resource, name_of, read_fixtures
from app.trial.move import moved

_HEADERS = {"Accept": "application/fhir+json", "Content-Type": "application/fhir+json"}
_SECONDS = 30.0
_PAUSE = 2.0
_RELEASES = ("4.0", "4.3")


class UnusableServer(LegworkError):
    """The server is no FHIR server that R4 resources can be put on."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A resource that the server did not take, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class LoadedPatient:
    """What came of one fixture."""

    name: str
    stored: int
    refusals: tuple[Refusal, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """A FHIR server: its base URL, a bearer token if it asks for one, and the seconds that it has to come up."""

    url: str
    token: str | None = None
    wait: float = 0.0

    def client(self) -> httpx.Client:
        """Follows no redirects and no proxy of the environment."""
        headers = _HEADERS | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        return httpx.Client(base_url=f"{self.url.rstrip('/')}/", headers=headers, timeout=_SECONDS, trust_env=False)


def load_patients(target: Target, folder: Path, keys: Sequence[str], *, today: date) -> Iterator[LoadedPatient]:
    """Put the fixtures of a folder on a server, one after the other, as if they lived today.

    `keys` are those of the prefetch. Raises UnusableServer and UnusableFixture.
    """
    with target.client() as client:
        _require_r4(client, target.wait)
        for fixture in read_fixtures(folder, keys):
            yield _load(client, fixture, today)


def _load(client: httpx.Client, fixture: Fixture, today: date) -> LoadedPatient:
    resources = moved(fixture, today)
    refusals = tuple(refusal for resource in resources if (refusal := _put(client, resource)))
    return LoadedPatient(fixture.name, len(resources) - len(refusals), refusals, fixture.notes)


def _put(client: httpx.Client, resource: Resource) -> Refusal | None:
    name = name_of(resource)
    try:
        response = client.put(name, json=resource)
    except httpx.HTTPError as error:
        raise UnusableServer(f"{client.base_url}{name}: {_said(error)}") from error
    return None if response.is_success else Refusal(name, _reason(response))


def _require_r4(client: httpx.Client, wait: float) -> None:
    """Raise UnusableServer unless it says, in time, that it speaks R4."""
    response = _capabilities(client, time.monotonic() + wait)
    try:
        release = str(response.json()["fhirVersion"])
    except (ValueError, KeyError, TypeError) as error:
        raise UnusableServer(f"{response.url}: a CapabilityStatement was expected: {error!r}") from error
    if not release.startswith(_RELEASES):
        raise UnusableServer(f"{response.url}: FHIR R4 was expected, not {release}")


def _capabilities(client: httpx.Client, deadline: float) -> httpx.Response:
    while True:
        try:
            return client.get("metadata").raise_for_status()
        except httpx.HTTPError as error:
            if time.monotonic() + _PAUSE > deadline:
                raise UnusableServer(f"{client.base_url}metadata: {_said(error)}") from error
        time.sleep(_PAUSE)


def _said(error: httpx.HTTPError) -> str:
    return str(error) or type(error).__name__


def _reason(response: httpx.Response) -> str:
    """What an OperationOutcome says, else the status."""
    try:
        issues = response.json()["issue"]
        told = "; ".join(str(issue.get("diagnostics") or issue["details"]["text"]) for issue in issues)
    except (ValueError, KeyError, TypeError, AttributeError):
        told = response.reason_phrase
    return f"{response.status_code} {told}"
