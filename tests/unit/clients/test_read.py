"""The clients file is read strictly: all problems at once, each in its line."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from app.chart.version import FhirVersion
from app.clients.client import FhirServer
from app.clients.read import ClientsError, read_clients
from app.clients.registry import Clients
from app.settings import CARDS
from tests.support.tokens import signer

EXAMPLE = CARDS.parent / "docs" / "clients.example.yaml"
KEY = signer()
MINIMAL = "clients:\n  - iss: https://ehr.example.org\n    jku: https://ehr.example.org/jwks.json\n"


def read(folder: Path, text: str) -> Clients:
    (folder / "clients.yaml").write_text(text, encoding="utf-8")
    return read_clients(folder / "clients.yaml")


def problems(folder: Path, text: str) -> list[tuple[int, str]]:
    with pytest.raises(ClientsError) as caught:
        read(folder, text)
    assert all(problem.file == str(folder / "clients.yaml") for problem in caught.value.problems)
    return [(problem.line, problem.message) for problem in caught.value.problems]


def said(folder: Path, entry: str) -> str:
    """What is said of one more key in the fourth line."""
    ((line, message),) = problems(folder, f"{MINIMAL}    {entry}\n")
    assert line == 4
    return message


def test_the_example_of_the_documentation_is_read() -> None:
    clients = read_clients(EXAMPLE)
    assert len(clients) == 4
    vendor = clients.by_issuer("https://ehr.vendor.example")
    assert vendor is not None
    assert vendor.jwks is not None
    assert vendor.jwks.find("2026-01", "ES384") is not None
    assert (vendor.tenant, vendor.shadow, vendor.fetch_budget) == ("hospital-1", True, 0.8)
    assert vendor.fhir_servers == (FhirServer("https://fhir.vendor.example/hospital-1/r4", FhirVersion.R4),)
    assert clients.origins == {"https://sandbox.cds-hooks.org"}
    assert clients.private_origins == {"http://fhir.intranet.example:8080", "https://ehr.intranet.example"}


def test_what_is_not_written_has_a_safe_default(tmp_path: Path) -> None:
    (client,) = read(tmp_path, MINIMAL)
    assert client.algorithms == ("ES384", "RS384")
    assert client.max_token_lifetime == timedelta(hours=1)
    assert (client.fhir_servers, client.audiences, client.cors_origins) == ((), (), ())
    assert (client.tenant, client.fetch_budget) == (None, None)
    assert not client.shadow
    assert not client.patient_users


def test_the_hash_changes_with_the_file_and_with_its_key_files(tmp_path: Path) -> None:
    text = "clients: [{iss: a, jwks: keys.json}]"
    (tmp_path / "keys.json").write_text(json.dumps(KEY.jwks()))
    hashes = {read(tmp_path, text).content_hash, read(tmp_path, f"{text} ").content_hash}
    (tmp_path / "keys.json").write_text(json.dumps(signer().jwks()))
    hashes.add(read(tmp_path, text).content_hash)
    assert len(hashes) == 3


# Problems


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = """\
clients:
  - iss: https://a.example
    jku: http://a.example/jwks.json
    algoritms: [ES384]
  - iss: https://b.example
  - iss: https://c.example
    jku: https://c.example/jwks.json
    algorithms: [HS256]
    max_token_lifetime: -1
"""
    found = problems(tmp_path, text)
    assert [line for line, _ in found] == [3, 4, 5, 8, 9]
    assert "https was expected" in found[0][1]
    assert found[1][1] == "`algoritms` is not a key that is known here (nearest: `algorithms`)"
    assert "exactly one of `jku` and `jwks`" in found[2][1]
    assert "asymmetric" in found[3][1]


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "HS384", "HS512", "ES256K", "A128KW", "es384"])
def test_an_algorithm_that_is_not_asymmetric_is_refused(tmp_path: Path, algorithm: str) -> None:
    assert "asymmetric" in said(tmp_path, f"algorithms: [{algorithm}]")


def test_no_algorithm_at_all_is_refused(tmp_path: Path) -> None:
    assert "at least one algorithm" in said(tmp_path, "algorithms: []")


def test_an_issuer_that_stands_twice_is_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, MINIMAL + MINIMAL.removeprefix("clients:\n")) == [
        (4, "`https://ehr.example.org` is registered twice, first in line 2")
    ]


def test_both_ways_to_give_keys_are_one_too_many(tmp_path: Path) -> None:
    ((_, message),) = problems(tmp_path, MINIMAL + "    jwks: keys.json\n")
    assert message == "exactly one of `jku` and `jwks` was expected"


@pytest.mark.parametrize(
    "entry",
    [
        "fhir_servers: [http://fhir.example.org]",
        "fhir_servers: [{url: http://10.0.0.1/fhir}]",
        "fhir_servers: [{url: http://169.254.169.254}]",
        "cors_origins: [http://ehr.example.org]",
    ],
)
def test_http_is_refused_unless_it_was_meant(tmp_path: Path, entry: str) -> None:
    assert "https was expected" in said(tmp_path, entry)


@pytest.mark.parametrize(
    "url", ["{url: 'http://10.0.0.1/fhir', private: true}", "'http://127.0.0.1:8080/fhir'", "'http://localhost:1'"]
)
def test_http_to_a_private_server_or_to_this_machine_can_be_meant(tmp_path: Path, url: str) -> None:
    clients = read(tmp_path, f"{MINIMAL}    fhir_servers: [{url}]\n")
    assert len(clients.private_origins) == 1


@pytest.mark.parametrize(
    "entry",
    [
        "fhir_servers: [fhir.example.org]",
        "fhir_servers: ['https://user:word@fhir.example.org']",
        "fhir_servers: ['https://fhir.example.org?x=1']",
        "fhir_servers: ['file:///etc/passwd']",
        "cors_origins: ['*']",
        "cors_origins: ['null']",
        "cors_origins: ['https://ehr.example.org/']",
        "cors_origins: ['https://EHR.example.org']",
        "cors_origins: ['https://*.example.org']",
    ],
)
def test_what_is_no_plain_url_or_origin_is_refused(tmp_path: Path, entry: str) -> None:
    assert "was expected" in said(tmp_path, entry)


@pytest.mark.parametrize(
    "entry",
    [
        "max_token_lifetime: 1 hour",
        "max_token_lifetime: 0",
        "max_token_lifetime: 86401",
        "fetch_budget: 0",
        "fetch_budget: 31",
        "shadow: 'yes'",
        "patient_users: 1",
        "tenant: ''",
        "audiences: https://legwork.example.org",
        "audiences: ['a b']",
        "fhir_servers: [{url: 'https://fhir.example.org', version: R6}]",
        "fhir_servers: [{url: 'https://fhir.example.org', vers: R4}]",
        "fhir_servers: [{private: true}]",
        "fhir_servers: [1]",
        "jku: https://ehr.example.org/other.json",
        "1: 2",
    ],
)
def test_a_value_that_is_not_valid_is_refused_in_its_line(tmp_path: Path, entry: str) -> None:
    said(tmp_path, entry)


@pytest.mark.parametrize("iss", ["''", "'a b'", "1", '"a\\0"', "[a]", "null"])
def test_an_issuer_that_is_no_name_is_refused(tmp_path: Path, iss: str) -> None:
    assert problems(tmp_path, MINIMAL.replace("https://ehr.example.org\n", f"{iss}\n"))[0][0] == 2


@pytest.mark.parametrize("text", ["clients: [", "- a", "a: 1", "clients: 1", "!!python/object:os.system {}", "\x00"])
def test_what_is_no_clients_file_is_refused(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClientsError, match="cannot be read"):
        read_clients(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize("text", ["", "# nobody yet\n", "clients: []"])
def test_an_empty_file_is_refused_unless_it_may_be_empty(tmp_path: Path, text: str) -> None:
    assert "at least one client was expected" in problems(tmp_path, text)[0][1]
    assert len(read_clients(tmp_path / "clients.yaml", may_be_empty=True)) == 0


# Keys


def test_keys_can_stand_in_the_file_or_beside_it(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "ehr.json").write_text(json.dumps(KEY.jwks()))
    inside = yaml.safe_dump({"clients": [{"iss": "a", "jwks": KEY.jwks()}, {"iss": "b", "jwks": "keys/ehr.json"}]})
    for client in read(tmp_path, inside):
        assert client.jwks is not None
        assert client.jwks.find("key-1", "ES384") is not None


def test_a_private_key_is_refused_in_its_line_without_telling_it(tmp_path: Path) -> None:
    private = KEY.private_jwk()
    text = "clients:\n  - iss: a\n    jwks: " + json.dumps({"keys": [private]})
    ((line, message),) = problems(tmp_path, text)
    assert line == 3
    assert "private or symmetric" in message
    assert private["d"] not in message


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "cannot be read"),
        ("", "not JSON"),
        ("-----BEGIN PRIVATE KEY-----", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("{}", "JWK Set"),
        ('{"keys": []}', "at least one key"),
        ('{"keys": [{"kty": "oct", "k": "AA", "kid": "1"}]}', "private or symmetric"),
    ],
)
def test_a_key_file_without_good_keys_is_refused(tmp_path: Path, content: str | None, expected: str) -> None:
    if content is not None:
        (tmp_path / "keys.json").write_text(content)
    ((line, message),) = problems(tmp_path, "clients:\n  - iss: a\n    jwks: keys.json\n")
    assert line == 3
    assert expected in message


def test_a_key_pasted_in_place_of_a_path_is_not_told(tmp_path: Path) -> None:
    ((_, message),) = problems(tmp_path, "clients:\n  - iss: a\n    jwks: MHcCAQEEIPRIVATE\n")
    assert "PRIVATE" not in message
