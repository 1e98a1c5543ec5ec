"""Attacks on what is for operators, and on pages that people read."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.security.conftest import Site
from tests.support.hooks import URL, refused, request
from tests.support.hospital import AS_OPERATOR, OPERATOR, bearer, connected, hospital, registration, signed
from tests.support.serving import development, serving
from tests.support.verifying import EHR

ENDPOINTS = (
    ("GET", "/metrics"),
    ("GET", "/feedback/summary"),
    ("GET", "/feedback/export"),
    ("GET", "/feedback/export?comments=true"),
    ("GET", "/operator/switches"),
    ("POST", "/operator/switches"),
    ("POST", "/operator/reload"),
    ("GET", "/operator/audit"),
)
OFF = {"kind": "card", "name": "hypokalemia", "on": False}
each_endpoint = pytest.mark.parametrize(("method", "path"), ENDPOINTS)


def switched_off(client: httpx.Client, headers: dict[str, str]) -> list[str]:
    return [one["name"] for one in client.get("/operator/switches", headers=headers).json()["switches"]]


@each_endpoint
def test_an_operator_endpoint_is_closed_without_the_token(site: Site, method: str, path: str) -> None:
    response = site.client.request(method, path, json=OFF)
    refused(response, 401)
    assert response.headers["www-authenticate"] == 'Bearer realm="operator"'
    assert switched_off(site.client, AS_OPERATOR) == []


@each_endpoint
def test_an_operator_endpoint_is_closed_to_any_other_token(site: Site, method: str, path: str) -> None:
    for token in (
        OPERATOR[:-1],
        f"{OPERATOR}x",
        OPERATOR.upper(),
        EHR.token(),
        "null",
        f"{OPERATOR}\u00e4",
        f" {OPERATOR}",
    ):
        headers = [(b"Authorization", f"Bearer {token}".encode("latin-1"))]
        refused(site.client.request(method, path, json=OFF, headers=headers), 401)
    twice = [("Authorization", f"Bearer {OPERATOR}"), ("Authorization", "Bearer x")]
    refused(site.client.request(method, path, json=OFF, headers=twice), 401)
    refused(site.client.request(method, path, json=OFF, headers={"Authorization": f"Basic {OPERATOR}"}), 401)
    refused(site.client.request(method, f"{path}{'&' if '?' in path else '?'}token={OPERATOR}", json=OFF), 401)
    assert switched_off(site.client, AS_OPERATOR) == []


@each_endpoint
def test_a_client_of_the_service_is_no_operator(site: Site, method: str, path: str) -> None:
    refused(site.client.request(method, path, json=OFF, headers=signed(path)), 401)


@each_endpoint
def test_a_page_elsewhere_does_nothing_with_the_token_of_an_operator(site: Site, method: str, path: str) -> None:
    for origin in ("https://evil.example", "null", "http://localhost:3000"):
        refused(site.client.request(method, path, json=OFF, headers={**AS_OPERATOR, "Origin": origin}), 403)
    assert switched_off(site.client, AS_OPERATOR) == []


@pytest.fixture(scope="module")
def at_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The service of a developer, where operator endpoints need no token."""
    with serving(development(tmp_path_factory.mktemp("home"))) as url, connected(url) as client:
        yield client


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
def test_a_page_that_a_developer_visits_switches_nothing_off(at_home: httpx.Client, content_type: str) -> None:
    """A browser sends these without asking first, save for the one that says JSON."""
    for origin in ("https://evil.example", "null", "https://sandbox.cds-hooks.org", "http://localhost:3000"):
        headers = {"Origin": origin, "Content-Type": content_type}
        body = b'{"kind":"card","name":"hypokalemia","on":false}'
        refused(at_home.post("/operator/switches", content=body, headers=headers), 403)
        refused(at_home.post("/operator/reload", headers=headers), 403)
    assert switched_off(at_home, {}) == []


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "[::2]", ""]
)
def test_a_name_that_was_rebound_to_a_developers_machine_is_refused(at_home: httpx.Client, host: str) -> None:
    for method, path in (
        *ENDPOINTS,
        ("GET", "/cds-services"),
        ("POST", URL),
        ("GET", "/cards"),
        ("GET", "/openapi.json"),
    ):
        refused(at_home.request(method, path, json=request(), headers={"Host": host}), 403)


def test_a_developer_is_answered(at_home: httpx.Client) -> None:
    assert at_home.post(URL, json=request()).status_code == 200
    assert at_home.get("/metrics").status_code == 200


def test_without_an_operator_token_production_opens_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("tokenless")
    with hospital(folder, registration(), operator_token=None) as client:
        for method, path in ENDPOINTS:
            refused(client.request(method, path, json=OFF), 403)
            refused(client.request(method, path, json=OFF, headers=bearer("None")), 403)


@pytest.mark.parametrize(
    "query",
    [
        "since=0001-01-01T00:00:00%2B14:00",
        "until=9999-12-31T23:59:59-14:00",
        "since=2026-11-22",
        "since=1e400",
        "since=NaN",
        "since=-62135596800000",
        "since='%20OR%201=1",
        "since=%00",
        "format=xml",
        "format=<script>",
        "since=",
        "since=2026-11-22T09:00:00Z&since=x",
    ],
)
def test_an_odd_question_for_feedback_is_no_failure(site: Site, query: str) -> None:
    response = site.client.get(f"/feedback/summary?{query}", headers=AS_OPERATOR)
    if response.status_code != 200:
        refused(response, response.status_code)
        assert response.status_code in (400, 422)
    assert "script" not in response.text


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"kind":"card"}', b"\xff", b"[" * 100_000, b'{"kind":"x","name":1,"on":2}']
)
def test_an_odd_switch_is_refused(site: Site, body: bytes) -> None:
    refused(site.client.post("/operator/switches", content=body, headers=AS_OPERATOR), 400)


def test_what_callers_send_makes_no_new_series_of_metrics(site: Site) -> None:
    """Else memory would grow with what strangers think of, and names of theirs would stand in metrics."""
    before = {line.partition(" ")[0] for line in site.client.get("/metrics", headers=AS_OPERATOR).text.splitlines()}
    for number in range(20):
        site.client.request(f"EVIL{number}", f"/evil{number}")
        site.client.post(f"/cds-services/evil{number}", headers={"User-Agent": f"evil{number}"})
        site.client.post(URL, json=request(), headers=bearer(EHR.token(iss=f"https://evil{number}.example")))
    text = site.client.get("/metrics", headers=AS_OPERATOR).text
    assert "evil" not in text.lower()
    assert len({line.partition(" ")[0] for line in text.splitlines()} - before) < 60


def test_pages_run_no_script_and_load_nothing(site: Site) -> None:
    for path in ("/cards", "/cards/hypokalemia", "/docs", "/redoc"):
        page = site.client.get(path, headers={"Accept": "text/html"})
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy or page.headers["x-frame-options"] == "DENY"


def test_pages_hold_nothing_that_callers_sent(site: Site) -> None:
    mark = "<script>evil()</script>"
    site.ask(vendor=mark)
    site.report({"card": mark, "outcome": "overridden", "outcomeTimestamp": "2026-11-22T09:00:00Z"})
    for path in (f"/cards?x={mark}", "/cards", "/cards/hypokalemia", "/docs", "/openapi.json"):
        for accept in ("text/html", "application/json", mark):
            assert "evil" not in site.client.get(path, headers={"Accept": accept, "Referer": mark}).text
