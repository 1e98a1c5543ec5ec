"""Which URLs may be called, before and after their names are resolved."""

from __future__ import annotations

import httpx
import pytest

from app.outbound.addresses import read_address
from app.outbound.errors import ForbiddenAddress
from app.outbound.policy import Policy

_EHR = "https://ehr.example"
_INSIDE = "http://fhir.hospital.internal:8080"
_PUBLIC, _PRIVATE, _LOOPBACK = "93.184.216.34", "10.1.2.3", "127.0.0.1"


def _allows(policy: Policy, origin: str, *addresses: str) -> bool:
    try:
        assert policy.require(httpx.URL(origin + "/fhir?a=b")) == origin
        policy.require_addresses(origin, tuple(map(read_address, addresses)))
    except ForbiddenAddress:
        return False
    return True


def test_a_public_server_is_called_by_https_only() -> None:
    assert _allows(Policy(), _EHR, _PUBLIC)
    assert not _allows(Policy(), "http://ehr.example", _PUBLIC)


def test_a_private_address_needs_a_registered_origin() -> None:
    policy = Policy(frozenset({_INSIDE}))
    assert _allows(policy, _INSIDE, _PRIVATE)
    assert not _allows(Policy(), _INSIDE, _PRIVATE)
    assert not _allows(policy, _EHR, _PRIVATE)


@pytest.mark.parametrize(
    "origin",
    [
        "http://fhir.hospital.internal",
        "https://fhir.hospital.internal:8080",
        "http://fhir.hospital.internal:8081",
        "http://other.hospital.internal:8080",
    ],
)
def test_another_scheme_host_or_port_is_another_origin(origin: str) -> None:
    assert not _allows(Policy(frozenset({_INSIDE})), origin, _PRIVATE)


def test_one_forbidden_address_among_several_is_enough() -> None:
    assert not _allows(Policy(), _EHR, _PUBLIC, _LOOPBACK)
    assert not _allows(Policy(), _EHR)


def test_a_registered_name_does_not_reach_metadata_but_a_registered_address_does() -> None:
    metadata = "169.254.169.254"
    assert not _allows(Policy(frozenset({_INSIDE})), _INSIDE, metadata)
    assert _allows(Policy(frozenset({f"http://{metadata}"})), f"http://{metadata}", metadata)


def test_development_reaches_every_loopback_address_and_nothing_else_beyond_the_public() -> None:
    policy = Policy(loopback=True)
    assert _allows(policy, "http://localhost:8080", "127.0.0.1", "::1")
    assert _allows(policy, "https://localhost:8443", "127.3.2.1")
    assert _allows(policy, _EHR, _PUBLIC)
    assert not _allows(policy, _EHR, _PRIVATE)
    assert not _allows(policy, "http://ehr.example", _PUBLIC)
    assert not _allows(policy, "http://localhost:8080", "127.0.0.1", _PUBLIC)


@pytest.mark.parametrize(
    "url",
    [
        "https://user@ehr.example/",
        "https://user:secret@ehr.example/",
        "https://:@ehr.example/",
        "ftp://ehr.example/",
        "file:///etc/passwd",
        "//ehr.example/",
        "ehr.example",
        "",
    ],
)
def test_a_url_that_is_no_plain_address_is_refused(url: str) -> None:
    with pytest.raises(ForbiddenAddress):
        Policy(loopback=True).require(httpx.URL(url))


def test_a_name_in_other_letters_is_called_by_its_ascii_form() -> None:
    assert Policy().require(httpx.URL("https://klinik-münchen.example/fhir")) == "https://xn--klinik-mnchen-3ob.example"


def test_the_schemes_own_port_makes_no_other_origin() -> None:
    assert Policy().require(httpx.URL("https://EHR.example:443/fhir#top")) == _EHR


def test_a_refusal_names_no_address() -> None:
    with pytest.raises(ForbiddenAddress) as refused:
        Policy().require_addresses(_EHR, (read_address(_PRIVATE),))
    assert _PRIVATE not in str(refused.value)
    assert isinstance(refused.value, httpx.TransportError)
    assert refused.value.kind == "forbidden-address"
