"""Attacks with bodies on the whole service; test_inbound.py and test_json.py have more of each kind."""

from __future__ import annotations

import gzip
import json

import httpx
import pytest

from tests.security.conftest import Site
from tests.support.charts import bundle, observation, patient, potassium
from tests.support.hooks import FEEDBACK, URL, answered, prefetch, refused, request, told
from tests.support.hospital import signed


def send(site: Site, body: bytes, path: str = URL, **headers: str) -> httpx.Response:
    declared = {"Content-Type": "application/json", **signed(path), **headers}
    return site.client.post(path, content=body, headers=declared)


def with_labs(labs: str) -> bytes:
    """A call with this JSON as its laboratory results."""
    return json.dumps(request(prefetch=prefetch(labs="LABS"))).replace('"LABS"', labs).encode()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "identity, gzip"])
def test_a_zip_bomb_is_refused_unopened(site: Site, encoding: str) -> None:
    bomb = gzip.compress(b" " * 20_000_000, 1)
    refused(send(site, bomb, **{"Content-Encoding": encoding}), 415)


@pytest.mark.parametrize("path", [URL, FEEDBACK])
def test_deep_json_is_refused(site: Site, path: str) -> None:
    for depth in (65, 500_000):
        refused(send(site, b"[" * depth + b"]" * depth, path), 400)
        refused(send(site, b'{"feedback":' * depth, path), 400)
    refused(send(site, with_labs('{"a":' * 100 + "1" + "}" * 100)), 400)


def test_too_many_entries_are_refused(site: Site) -> None:
    entries = ",".join(['{"resource":{"resourceType":"Observation"}}'] * 50_001)
    refused(send(site, with_labs('{"resourceType":"Bundle","entry":[' + entries + "]}")), 413)


def test_a_body_that_is_too_large_is_refused(site: Site) -> None:
    refused(send(site, b" " * 10_000_001), 413)
    refused(send(site, b" " * 10_000_001, FEEDBACK), 413)


def test_of_duplicate_keys_the_one_that_is_checked_is_the_one_that_is_used(site: Site) -> None:
    ours = json.dumps(request())
    other = '"context":{"userId":"Practitioner/u1","patientId":"p2"},'
    assert send(site, ours.replace('"context":', other + '"context":').encode()).status_code == 200
    twice = ours.replace('"prefetch":', other + '"prefetch":').encode()
    refused(send(site, twice), 400)  # the prefetched patient is not p2
    hidden = with_labs('{"resourceType":"Patient","resourceType":"Bundle","entry":[],"entry":null}')
    assert send(site, hidden).status_code == 200


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "0x1", "01", "1.", "+1", "1_0"])
def test_nan_and_its_like_are_refused(site: Site, number: str) -> None:
    labs = json.dumps(bundle([potassium(2.4)])).replace("2.4", number)
    refused(send(site, with_labs(labs)), 400)


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 400, "1" * 5000, "1e999999999"])
def test_1e400_leaves_its_resource_out(site: Site, number: str) -> None:
    labs = json.dumps(bundle([potassium(2.4)])).replace("2.4", number)
    body = answered(send(site, with_labs(labs)))
    assert [one["reference"] for one in told(body)["leftOut"]] == ["Observation/k"]


@pytest.mark.parametrize("number", [1e15, 1e26, 1.7e308, -1.7e308, 5e-324, 123456789012345678])
def test_a_number_at_the_end_of_all_numbers_is_no_failure(site: Site, number: float) -> None:
    ck = observation("ck", {"coding": [{"system": "http://loinc.org", "code": "2157-6"}]})
    high = {
        **ck,
        "valueQuantity": {"value": number, "unit": "U/L", "system": "http://unitsofmeasure.org", "code": "U/L"},
    }
    for labs in (bundle([potassium(number)]), bundle([high])):
        body = answered(site.ask(prefetch=prefetch(labs=labs)))
        assert all(len(card["summary"]) <= 139 for card in body["cards"])


@pytest.mark.parametrize("text", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", "ü".encode("latin-1")])
def test_invalid_utf_8_is_refused(site: Site, text: bytes) -> None:
    body = json.dumps(request(vendor="TEXT")).encode().replace(b"TEXT", text)
    issue = refused(send(site, body), 400)
    assert "UTF-8" in issue["diagnostics"]
    refused(send(site, b'{"feedback":[{"card":"%b"}]}' % text, FEEDBACK), 400)


def test_nul_bytes_are_refused(site: Site) -> None:
    body = json.dumps(request(vendor="TEXT")).encode()
    refused(send(site, body.replace(b"TEXT", b"\x00")), 400)
    escaped = body.replace(b"TEXT", rb"\u0000")
    assert send(site, escaped).status_code == 200  # nobody reads it
    refused(send(site, escaped.replace(b'"p1"', rb'"p1\u0000"', 1)), 400)
    item = b'{"feedback":[{"card":"\\u0000","outcome":"overridden","outcomeTimestamp":"2026-11-22T09:00:00Z"}]}'
    refused(send(site, item, FEEDBACK), 400)


@pytest.mark.parametrize("text", [" ", "(", ")", "no ", "leg weakness, ", "not-", "( )", "\n", "1.", "İ", "((a)"])
def test_a_text_without_end_is_read_to_its_end(site: Site, text: str) -> None:
    """A pattern that goes over such a text again and again would need hours, and the caller gives up after 30 s."""
    long = "weakness" + text * (700_000 if len(text) == 1 else 20_000) + "x"
    answer = observation("f", {"text": "leg weakness"}, valueString=long, valueCodeableConcept={"text": long})
    note = observation("k", {"coding": [{"system": "http://loinc.org", "code": "2823-3"}]}, note=[{"text": long}])
    answered(site.ask(prefetch=prefetch(findings=bundle([answer]), labs=bundle([note]), patient=patient(gender=long))))


def test_a_body_of_another_type_is_refused(site: Site) -> None:
    for declared in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/xml",
        "",
    ):
        refused(send(site, b"{}", **{"Content-Type": declared}), 415)
        refused(send(site, b"{}", FEEDBACK, **{"Content-Type": declared}), 415)
