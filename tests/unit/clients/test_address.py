"""Two spellings of one address are the same; what only looks like an address is none."""

from __future__ import annotations

import pytest

from app.clients.address import canonical, host_of, is_loopback, origin_of


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://fhir.example.org/r4", "https://fhir.example.org/r4"),
        ("https://fhir.example.org/r4/", "https://fhir.example.org/r4"),
        ("HTTPS://FHIR.Example.org:443/R4", "https://fhir.example.org/R4"),
        ("http://fhir.example.org:80", "http://fhir.example.org"),
        ("http://fhir.example.org:443/", "http://fhir.example.org:443"),
        ("http://[::1]:8080/fhir", "http://[::1]:8080/fhir"),
        ("https://fhir.example.org/a/../b", "https://fhir.example.org/a/../b"),
    ],
)
def test_a_url_has_one_spelling(url: str, expected: str) -> None:
    assert canonical(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "fhir.example.org",
        "ftp://fhir.example.org",
        "file:///etc/passwd",
        "https://",
        "https:///r4",
        "//fhir.example.org",
        "https://user@fhir.example.org",
        "https://user:word@fhir.example.org",
        "https://@fhir.example.org",
        "https://fhir.example.org\\@evil.example",
        "https://fhir.example.org\t/r4",
        "https://fhir.example.org/r4\n",
        " https://fhir.example.org",
        "https://fhir.example.org/ r4",
        "https://fhir.example.org/\0",
        "https://fhír.example.org",
        "https://fhir.example.org/#x",
        "https://fhir.example.org/#",
        "https://fhir.example.org:99999",
        "https://fhir.example.org:0",
        "https://fhir.example.org:x",
        "https://[::1",
        "https://[x]",
        "https://*.example.org",
        "https://fhir.example.org;evil.example",
        "https://[fe80::1%25eth0]/",
    ],
)
def test_what_is_no_plain_url_is_refused(url: str) -> None:
    for read in (canonical, origin_of, host_of):
        with pytest.raises(ValueError):  # noqa: PT011 (which of the reasons does not matter)
            read(url)


def test_only_a_base_url_is_without_a_query() -> None:
    assert origin_of("https://ehr.example.org/jwks?tenant=1") == "https://ehr.example.org"
    for url in ("https://ehr.example.org?", "https://ehr.example.org/?x=1"):
        with pytest.raises(ValueError, match="query"):
            canonical(url)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "::1", "0:0:0:0:0:0:0:1"])
def test_loopback_is_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "0.0.0.0",  # noqa: S104 (not bound)
        "::",
        "10.0.0.1",
        "localhost.example.org",
        "127.0.0.1.example.org",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "localhost.",
        "my.localhost",
        "::ffff:8.8.8.8",
    ],
)
def test_whatever_else_is_not(host: str) -> None:
    assert not is_loopback(host)
