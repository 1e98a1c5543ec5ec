"""Protocol S1 to S7: the service as a hospital runs it."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from app.clients.client import DEVELOPMENT
from app.clients.read import ClientsError
from app.environment import SettingsError
from app.main import create_app
from app.observability.pseudonym import Pseudonyms
from app.settings import Settings
from tests.support.hooks import FEEDBACK, URL, answered, refused, request
from tests.support.hospital import AS_OPERATOR, PUBLIC, bearer, connected, hospital, production, registration, signed
from tests.support.key_server import KeyServer, key_server
from tests.support.serving import serving
from tests.support.tokens import ISSUER, NOW, encode, good_claims, shared_secrets, signer
from tests.support.verifying import EHR, OTHER, OTHER_ISSUER

DISCOVERY = "/cds-services"
PAGE = "https://ehr.example.org"
RSA, ROTATED = signer("RS384"), signer(kid="key-2")
RSA_ISSUER, WIDE_ISSUER, KEYS_ISSUER = (f"https://{name}.example.org" for name in ("rsa", "wide", "keys"))


@pytest.fixture(scope="module")
def keys() -> Iterator[KeyServer]:
    with key_server() as running:
        yield running


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, keys: KeyServer) -> Iterator[httpx.Client]:
    clients = (
        registration(EHR, ISSUER, cors_origins=[PAGE]),
        registration(OTHER, OTHER_ISSUER, tenant="hospital-1"),
        registration(RSA, RSA_ISSUER),
        registration(EHR, WIDE_ISSUER, audiences=["legwork"]),
        {"iss": KEYS_ISSUER, "jku": keys.url, "algorithms": ["ES384"]},
    )
    with hospital(tmp_path_factory.mktemp("hospital"), *clients) as client:
        yield client


def send(service: httpx.Client, path: str, headers: dict[str, str]) -> httpx.Response:
    """A call that is right but for its headers."""
    if path == DISCOVERY:
        return service.get(path, headers=headers)
    return service.post(path, json=request() if path == URL else {"feedback": []}, headers=headers)


def unproven(response: httpx.Response) -> None:
    assert refused(response, 401)["code"] == "login"
    assert response.headers["www-authenticate"].startswith("Bearer")


EVERYWHERE = pytest.mark.parametrize("path", [DISCOVERY, URL, FEEDBACK])


@EVERYWHERE
def test_s1_a_call_with_a_token_is_answered(service: httpx.Client, path: str) -> None:
    answered(send(service, path, signed(path)))


@EVERYWHERE
@pytest.mark.parametrize("headers", [{}, bearer("x"), {"Authorization": "Basic eDp5"}, AS_OPERATOR])
def test_s1_a_call_without_a_token_is_401(service: httpx.Client, path: str, headers: dict[str, str]) -> None:
    unproven(send(service, path, headers))


@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "iat", "jti"])
def test_s1_a_token_without_a_claim_of_the_specification_is_401(service: httpx.Client, claim: str) -> None:
    absent: dict[str, Any] = {claim: ...}
    unproven(send(service, URL, signed(URL, **absent)))


@pytest.mark.parametrize("name", ["alg", "kid", "typ"])
def test_s1_a_token_without_a_header_of_the_specification_is_401(service: httpx.Client, name: str) -> None:
    unproven(send(service, URL, bearer(EHR.token({name: ...}, aud=f"{PUBLIC}{URL}"))))


def test_s1_a_token_is_held_to_its_tenant(service: httpx.Client) -> None:
    answered(send(service, URL, signed(URL, OTHER, iss=OTHER_ISSUER, tenant="hospital-1")))
    refused(send(service, URL, signed(URL, OTHER, iss=OTHER_ISSUER, tenant="hospital-2")), 403)


def test_s2_a_token_without_a_signature_is_401(service: httpx.Client) -> None:
    unsigned = f"{encode({**EHR.header(), 'alg': 'none'})}.{encode(good_claims())}."
    unproven(send(service, URL, bearer(unsigned)))


@pytest.mark.parametrize("algorithm", ["HS256", "HS384"])
def test_s2_a_symmetric_signature_is_401(service: httpx.Client, algorithm: str) -> None:
    for secret in shared_secrets(EHR):
        content = f"{encode({**EHR.header(), 'alg': algorithm})}.{encode(good_claims())}"
        forged = hmac.digest(secret, content.encode(), f"sha{algorithm[2:]}")
        unproven(send(service, URL, bearer(f"{content}.{encode(forged)}")))


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_s2_an_algorithm_without_a_public_key_cannot_be_registered(tmp_path: Path, algorithm: str) -> None:
    with pytest.raises(ClientsError, match="asymmetric"):
        create_app(production(tmp_path, {**registration(), "algorithms": [algorithm]}))


def test_s2_es384_and_rs384_are_accepted(service: httpx.Client) -> None:
    answered(send(service, URL, signed(URL, EHR)))
    answered(send(service, URL, signed(URL, RSA, iss=RSA_ISSUER)))


@pytest.mark.parametrize("aud", [f"{PUBLIC}{URL}", [f"{PUBLIC}{URL}"], ["https://other.example", f"{PUBLIC}{URL}"]])
def test_s3_the_url_that_is_called_is_the_audience(service: httpx.Client, aud: Any) -> None:
    answered(send(service, URL, signed(URL, aud=aud)))


@pytest.mark.parametrize("aud", ["https://other.example", PUBLIC, f"{PUBLIC}{FEEDBACK}", [], "legwork"])
def test_s3_another_audience_is_401(service: httpx.Client, aud: Any) -> None:
    unproven(send(service, URL, signed(URL, aud=aud)))


def test_s3_the_url_comes_from_configuration_and_not_from_the_call(service: httpx.Client) -> None:
    forged = signed(URL, aud=f"https://evil.example{URL}")
    unproven(send(service, URL, forged | {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}))


@EVERYWHERE
def test_s3_an_audience_configured_for_a_client_is_accepted_from_it(service: httpx.Client, path: str) -> None:
    answered(send(service, path, signed(path, iss=WIDE_ISSUER, aud="legwork")))


def test_s4_an_issuer_that_is_not_listed_is_401(service: httpx.Client) -> None:
    unproven(send(service, URL, signed(URL, iss="https://stranger.example.org")))


def test_s4_a_key_url_that_is_not_listed_is_never_fetched(service: httpx.Client) -> None:
    with key_server() as unlisted:
        unlisted.serve(EHR.public())
        for iss in (KEYS_ISSUER, "https://stranger.example.org"):
            token = EHR.token({"jku": unlisted.url}, iss=iss, aud=f"{PUBLIC}{URL}")
            unproven(send(service, URL, bearer(token)))
        for by, status in ((EHR, 200), (OTHER, 401)):  # the keys of this client were handed over
            token = by.token({"jku": unlisted.url}, aud=f"{PUBLIC}{URL}")
            assert send(service, URL, bearer(token)).status_code == status
        assert unlisted.requests == []


def test_s4_keys_are_fetched_once_and_for_an_unknown_kid_again_but_with_measure(
    service: httpx.Client, keys: KeyServer
) -> None:
    keys.serve(EHR.public())
    for _ in range(3):
        answered(send(service, URL, signed(URL, iss=KEYS_ISSUER)))
    assert len(keys.requests) == 1
    keys.serve(EHR.public(), ROTATED.public())
    for _ in range(20):
        unproven(send(service, URL, signed(URL, replace(EHR, kid="unknown"), iss=KEYS_ISSUER)))
    assert len(keys.requests) <= 2


def test_s4_while_keys_cannot_be_had_it_is_503(tmp_path: Path) -> None:
    with key_server() as keys:
        keys.status = 500
        registered = {"iss": KEYS_ISSUER, "jku": keys.url, "algorithms": ["ES384"]}
        with hospital(tmp_path, registered) as service:
            response = send(service, URL, signed(URL, iss=KEYS_ISSUER))
    refused(response, 503)
    assert int(response.headers["retry-after"]) > 0


def test_s5_a_token_is_accepted_once(service: httpx.Client) -> None:
    once = signed(URL)
    answered(send(service, URL, once))
    unproven(send(service, URL, once))


def test_s5_the_same_jti_of_two_issuers_is_two(service: httpx.Client) -> None:
    answered(send(service, URL, signed(URL, jti="the-same-for-both")))
    answered(send(service, URL, signed(URL, RSA, iss=RSA_ISSUER, jti="the-same-for-both")))
    unproven(send(service, URL, signed(URL, jti="the-same-for-both")))


def test_s5_a_token_used_at_one_instance_is_refused_by_another(tmp_path: Path) -> None:
    settings = production(tmp_path, registration())
    with (
        serving(settings, lambda: NOW) as here,
        serving(settings, lambda: NOW) as there,
        connected(here) as one,
        connected(there) as two,
    ):
        once = signed(URL)
        answered(send(one, URL, once))
        unproven(send(two, URL, once))
        answered(send(two, URL, signed(URL)))


@pytest.mark.parametrize(("seconds", "status"), [(9, 200), (11, 401)])
def test_s5_the_clock_skew_allowed_for_is_small(service: httpx.Client, seconds: int, status: int) -> None:
    """10 s, unless configured."""
    now = int(NOW.timestamp())
    ahead = signed(URL, iat=now + seconds, exp=now + 300)
    late = signed(URL, iat=now - 300, exp=now - seconds)
    assert [send(service, URL, one).status_code for one in (ahead, late)] == [status, status]


def preflight(service: httpx.Client, origin: str) -> httpx.Response:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    return service.options(URL, headers={"Origin": origin, **asked})


def test_s6_a_preflight_for_a_configured_origin_is_answered_without_a_token(service: httpx.Client) -> None:
    answer = preflight(service, PAGE)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "POST" in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert "authorization" in allowed
    assert "content-type" in allowed
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "https://sandbox.cds-hooks.org", "http://localhost", "null"]
)
def test_s6_a_preflight_for_another_origin_is_403(service: httpx.Client, origin: str) -> None:
    answer = preflight(service, origin)
    refused(answer, 403)
    assert "access-control-allow-origin" not in answer.headers


def test_s6_a_page_may_read_the_answer_and_every_failure(service: httpx.Client) -> None:
    good = send(service, URL, signed(URL) | {"Origin": PAGE})
    bad = send(service, URL, {"Origin": PAGE})
    answered(good)
    unproven(bad)
    for answer in (good, bad):
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert "Origin" in answer.headers["vary"]


def test_s6_a_client_may_not_call_from_the_page_of_another(service: httpx.Client) -> None:
    refused(send(service, URL, signed(URL, RSA, iss=RSA_ISSUER) | {"Origin": PAGE}), 403)


def test_s7_in_production_the_public_url_must_be_https(tmp_path: Path) -> None:
    for url in ("http://legwork.example.org", None):
        with pytest.raises(SettingsError, match="https"):
            create_app(production(tmp_path, registration(), public_url=url))


def test_s7_what_answers_without_tls_and_tokens_answers_this_machine_only(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="loopback"):
        create_app(Settings(mode="development", host="0.0.0.0", data_dir=tmp_path))  # noqa: S104 (what must be refused)


@EVERYWHERE
def test_s7_browsers_are_told_to_use_https_alone(service: httpx.Client, path: str) -> None:
    for answer in (send(service, path, signed(path)), send(service, path, {})):
        assert int(answer.headers["strict-transport-security"].removeprefix("max-age=")) >= 31_536_000


def test_s7_the_keys_of_a_client_come_over_https(tmp_path: Path) -> None:
    with pytest.raises(ClientsError, match="https was expected"):
        create_app(production(tmp_path, {"iss": ISSUER, "jku": "http://ehr.example.org/jwks.json"}))


def test_the_audit_of_a_call_names_patient_and_user_by_pseudonyms_of_the_client(tmp_path: Path) -> None:
    key = "k" * 32
    with serving(Settings(mode="development", data_dir=tmp_path, audit_key=SecretStr(key))) as url:
        answered(httpx.post(url + URL, json=request(), timeout=10))
    trail = "".join(path.read_text() for path in tmp_path.rglob("*.jsonl"))
    names = Pseudonyms(key.encode())
    context = request()["context"]
    assert f'"patient":"{names.of("patient", DEVELOPMENT.iss, context["patientId"])}"' in trail
    assert f'"user":"{names.of("user", DEVELOPMENT.iss, context["userId"])}"' in trail
