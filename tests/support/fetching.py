"""Calls for which something is fetched from a FHIR server that may misbehave."""

from __future__ import annotations

from typing import Any

import httpx

from tests.support.charts import Json, bundle, potassium
from tests.support.fhir_server import Answer, Behaviour, FhirServer, Seen
from tests.support.hooks import TOKEN, URL, reaching

LOW = potassium(2.4)
BEARER = f"Bearer {TOKEN}"
UNREGISTERED = "was not sent, and fhirServer is not registered for this client"
NO_BASE_URL = "was not sent, and fhirServer is no base URL"
TOO_LATE = "was not sent, and could not be fetched: the FHIR server did not answer in time"


def ask(client: httpx.Client, server: FhirServer, **elements: Any) -> httpx.Response:
    """A call with the server and a token for it."""
    return client.post(URL, json=reaching(server.url, **elements))


def asked_for(server: FhirServer) -> set[str]:
    """The types of resources that were asked for."""
    return {one.path.split("/")[0] for one in server.seen} - {"metadata"}


def says_potassium(body: Json) -> bool:
    """Whether LOW has been read."""
    return any("Potassium 2.4" in card["summary"] for card in body["cards"])


def page(resources: list[Json], following: str) -> Answer:
    """One page of several."""
    return Answer(bundle(resources, link=[{"relation": "next", "url": following}]))


def endless(server: FhirServer) -> Behaviour:
    """Always another page, and no two alike."""

    def next_page(_seen: Seen) -> Answer:
        number = len(server.seen)
        return page([potassium(4.0, f"k{number}")], f"{server.url}/Observation?page={number}")

    return next_page
