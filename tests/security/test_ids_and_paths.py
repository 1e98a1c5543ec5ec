"""Ids and paths that would like to lead elsewhere: to other URLs of a FHIR server, to files, into the database."""

from __future__ import annotations

import pytest

from tests.security.conftest import Site
from tests.support.charts import PATIENT_ID
from tests.support.hooks import answered, reaching, refused, request
from tests.support.hospital import AS_OPERATOR, signed
from tests.support.verifying import TIME

TRICKS = (
    *(
        "../Practitioner/1",
        "..",
        ".",
        "...",
        "p1/../p2",
        "p1/_history/1",
        "p1/$everything",
        "p1?_format=xml",
        "p1#x",
        "p1&x=1",
    ),
    *(
        "%2e%2e%2fPractitioner",
        "p1%00",
        "p1\x00",
        "p1\r\nX-Injected: 1",
        "p1 ",
        " p1",
        "p1\\..",
        "//evil.example",
        "{{context.userId}}",
    ),
    *("p1;x", "p1'--", "*", "p1,p2", "\uff50\uff11", "", "x" * 129),
)


@pytest.mark.parametrize("name", TRICKS)
def test_a_patient_id_with_a_path_trick_reaches_no_server(site: Site, name: str) -> None:
    context = {"userId": "Practitioner/u1", "patientId": name}
    refused(site.post(reaching(site.ehr.url, context=context, prefetch=None)), 400)
    assert site.ehr.seen == []


@pytest.mark.parametrize("name", [name for name in TRICKS if name.strip(".")])
def test_an_encounter_id_with_a_path_trick_is_refused(site: Site, name: str) -> None:
    refused(site.ask(context={"userId": "Practitioner/u1", "patientId": PATIENT_ID, "encounterId": name}), 400)


@pytest.mark.parametrize(
    "user",
    ["Practitioner/../x", "Group/1", "Practitioner/", "practitioner/1", "Practitioner/1/x", "Practitioner/1\n", "/1"],
)
def test_a_user_id_with_a_path_trick_is_refused(site: Site, user: str) -> None:
    refused(site.ask(context={"userId": user, "patientId": PATIENT_ID}), 400)


@pytest.mark.parametrize(
    "path",
    [
        "/cds-services/../operator/switches",
        "/cds-services/leg-weakness-workup/../../metrics",
        "/cds-services/%2e%2e/metrics",
        "/cds-services/leg-weakness-workup%2f..%2f..%2fmetrics",
        "/cds-services/leg-weakness-workup;x=1",
        "/cds-services//leg-weakness-workup",
        "//cds-services/leg-weakness-workup",
        "/cds-services/leg-weakness-workup/",
        "/cds-services/LEG-WEAKNESS-WORKUP",
        "/cds-services/leg-weakness-workup%00",
        "/cds-services/' OR '1'='1",
        "/cds-services/leg-weakness-workup/feedback/../feedback",
    ],
)
def test_no_other_spelling_of_a_path_gets_past_the_door(site: Site, path: str) -> None:
    for headers in ({}, signed("/cds-services/leg-weakness-workup")):
        response = site.client.post(path, json=request(), headers=headers)
        refused(response, response.status_code)
        assert response.status_code in (401, 404, 405)


@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/pyproject.toml",
        "..\\..\\x",
        "cauda-equina.yaml",
        "' OR '1'='1",
        "<script>",
        "%00",
        "{{7*7}}",
    ],
)
def test_a_card_page_is_no_way_to_a_file(site: Site, name: str) -> None:
    response = site.client.get(f"/cards/{name}")
    refused(response, 404)
    assert "script" not in response.text
    assert "49" not in response.text


def test_a_switch_takes_the_name_of_a_card_and_nothing_else(site: Site) -> None:
    for name in ("../x", "' OR '1'='1", "<script>", "", "x" * 10_000, "\x00"):
        change = {"kind": "card", "name": name, "on": False}
        issue = refused(site.client.post("/operator/switches", json=change, headers=AS_OPERATOR), 400)
        assert "script" not in str(issue)
    assert site.client.get("/operator/switches", headers=AS_OPERATOR).json()["switches"] == []


@pytest.mark.parametrize("jti", ["';DROP/**/TABLE/**/used_tokens;--", "x'OR'1'='1", '"', "%", "_", "\\"])
def test_a_jti_is_a_value_to_the_database(site: Site, jti: str) -> None:
    body = request()
    assert site.post(body, jti=jti, exp=TIME + 299).status_code == 200
    refused(site.post(body, jti=jti, exp=TIME + 299), 401)
    answered(site.post(body))
