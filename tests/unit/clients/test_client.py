"""A client has a FHIR server called only when that server was registered for it."""

from __future__ import annotations

import pytest

from app.clients.client import DEVELOPMENT, UNAUTHENTICATED, Client, FhirServer
from app.clients.registry import NO_CLIENTS, Clients

SERVER = FhirServer("https://fhir.example.org/r4")
EHR = Client(iss="https://ehr.example.org", fhir_servers=(SERVER,), cors_origins=("https://ehr.example.org",))
OTHER = Client(
    iss="https://other.example.org",
    jku="http://127.0.0.1:9000/jwks.json",
    fhir_servers=(FhirServer("http://fhir.intranet/r4", private=True),),
    cors_origins=("https://other.example.org",),
)
CLIENTS = Clients({client.iss: client for client in (EHR, OTHER)})


@pytest.mark.parametrize("url", [SERVER.url, f"{SERVER.url}/", "https://FHIR.example.org:443/r4"])
def test_a_registered_server_is_found_in_any_spelling(url: str) -> None:
    assert EHR.fhir_server(url) is SERVER


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://fhir.example.org",
        "https://fhir.example.org/r4/Patient",
        "https://fhir.example.org/r4/..",
        "https://fhir.example.org/R4",
        "http://fhir.example.org/r4",
        "https://fhir.example.org:8443/r4",
        "https://fhir.example.org/r4?x=1",
        "https://user@fhir.example.org/r4",
        "https://fhir.example.org.evil.example/r4",
        "http://169.254.169.254/r4",
        "http://127.0.0.1/r4",
        "http://fhir.intranet/r4",
        "https://fhir.example.org/r4\n",
    ],
)
def test_any_other_server_is_not(url: str) -> None:
    assert EHR.fhir_server(url) is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/fhir", "http://localhost:8080", "https://[::1]:8443/fhir/"])
def test_in_development_any_loopback_server_is_allowed(url: str) -> None:
    server = DEVELOPMENT.fhir_server(url)
    assert server == FhirServer(url.rstrip("/"), private=True)


@pytest.mark.parametrize("url", ["https://fhir.example.org/r4", "http://10.0.0.1", "http://localhost.example.org", "x"])
def test_in_development_no_other_server_is_allowed(url: str) -> None:
    assert DEVELOPMENT.fhir_server(url) is None


@pytest.mark.parametrize("url", [SERVER.url, "http://127.0.0.1:8080/fhir"])
def test_who_is_not_authenticated_has_no_server(url: str) -> None:
    assert UNAUTHENTICATED.fhir_server(url) is None


def test_clients_are_found_by_their_issuer_alone() -> None:
    assert CLIENTS.by_issuer(EHR.iss) is EHR
    assert CLIENTS.by_issuer(f"{EHR.iss}/") is None
    assert NO_CLIENTS.by_issuer(DEVELOPMENT.iss) is None


def test_origins_are_those_of_all_clients() -> None:
    assert CLIENTS.origins == {"https://ehr.example.org", "https://other.example.org"}
    assert CLIENTS.private_origins == {"http://fhir.intranet", "http://127.0.0.1:9000"}
