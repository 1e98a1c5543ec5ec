"""Attempts to get data of one patient, or of one client, into the answer about another (protocol C4, C5, F4)."""

from __future__ import annotations

from tests.security.conftest import Site
from tests.support.charts import (
    PATIENT_ID,
    SNOMED,
    Json,
    bundle,
    concept,
    condition,
    foot_drop,
    patient,
    potassium,
    resource,
)
from tests.support.fetching import UNREGISTERED
from tests.support.fhir_server import Answer, FhirServer
from tests.support.hooks import AUTHORIZATION, answered, prefetch, reaching, refused, told, unavailable, without
from tests.support.verifying import OTHER, OTHER_ISSUER

OTHERS: Json = {"subject": {"reference": "Patient/p2"}}


def fetch(site: Site, *keys: str) -> dict[str, str]:
    """What could not be had of what client EHR leaves to be fetched."""
    return unavailable(answered(site.ask_reaching(site.ehr.url, prefetch=without(*keys))))


def asked_nobody(*servers: FhirServer) -> bool:
    return not any(server.seen for server in servers)


def test_a_token_for_another_patient_is_refused_before_anything_is_fetched(site: Site) -> None:
    token = AUTHORIZATION | {"patient": "p2"}
    issue = refused(site.ask_reaching(site.ehr.url, fhirAuthorization=token, prefetch=None), 400)
    assert issue["expression"] == ["fhirAuthorization.patient"]
    assert asked_nobody(site.ehr)


def test_a_prefetch_of_another_patient_is_refused(site: Site) -> None:
    refused(site.ask(prefetch=prefetch(patient=patient(id="p2"))), 400)


def test_the_other_patient_is_refused_in_any_wrapping(site: Site) -> None:
    for value in (
        bundle([patient(id="p2")]),
        bundle([patient(), patient(id="p2")]),
        {**patient(id="p2"), "birthDate": 7},
        bundle([{**patient(id="p2"), "gender": []}]),
    ):
        refused(site.ask(prefetch=prefetch(patient=value)), 400)


def test_resources_of_another_patient_are_not_reasoned_on(site: Site) -> None:
    strangers = bundle([foot_drop(**OTHERS)])
    body = answered(site.ask(prefetch=prefetch(conditions=strangers)))
    assert body["cards"] == []
    assert told(body)["leftOut"] == [{"reference": "Condition/weakness", "reason": "of another patient"}]


def test_no_spelling_of_a_reference_passes_for_the_patient(site: Site) -> None:
    for reference in (
        *("Patient/p11", "Patient/P1", "Patient/p1/../p2", "Practitioner/p1", "https://evil.example/Patient/p2"),
        *("Patient/p2/_history/Patient/p1", "Patient/p2#Patient/p1", "Patient/p2?x=Patient/p1", "Group/Patient/p2"),
    ):
        strangers = bundle([foot_drop(subject={"reference": reference})])
        assert answered(site.ask(prefetch=prefetch(conditions=strangers)))["cards"] == [], reference


def test_a_patient_switched_inside_fetched_pages_is_left_out(site: Site) -> None:
    following = [{"relation": "next", "url": f"{site.ehr.url}/Observation?page=2"}]
    site.ehr.on(
        "Observation",
        Answer(bundle([potassium(4.0, "ours")], link=following)),
        Answer(bundle([potassium(2.4, "theirs", **OTHERS)])),
    )
    body = answered(site.ask_reaching(site.ehr.url, prefetch=without("labs")))
    assert len(site.ehr.asked("Observation")) == 2
    assert {"reference": "Observation/theirs", "reason": "of another patient"} in told(body)["leftOut"]
    assert "2.4" not in str(body["cards"])


def test_a_fetched_patient_who_is_another_is_not_used(site: Site) -> None:
    site.ehr.on(f"Patient/{PATIENT_ID}", Answer(patient(id="p2", birthDate="2020-01-01")))
    reason = fetch(site, "patient")["patient"]
    assert reason == "was not sent, and could not be fetched: the FHIR server answered with another Patient"


def test_client_a_cannot_use_the_fhir_server_of_client_b(site: Site) -> None:
    body = answered(site.ask_reaching(site.other.url, prefetch=without("labs")))
    assert unavailable(body) == {"labs": UNREGISTERED}
    assert asked_nobody(site.ehr, site.other)
    by_its_own = site.post(reaching(site.other.url, prefetch=without("labs")), by=OTHER, iss=OTHER_ISSUER)
    assert unavailable(answered(by_its_own)) == {}
    assert site.other.seen


def test_the_server_sees_the_token_of_this_call_alone(site: Site) -> None:
    for token in ("first", "second"):
        site.ehr.seen.clear()
        authorization = AUTHORIZATION | {"access_token": token}
        answered(site.ask_reaching(site.ehr.url, fhirAuthorization=authorization, prefetch=without("labs")))
        assert {seen.headers["authorization"] for seen in site.ehr.seen} == {f"Bearer {token}"}
    site.ehr.seen.clear()
    answered(site.ask_reaching(site.ehr.url, fhirAuthorization=None, prefetch=without("labs")))
    assert not [seen for seen in site.ehr.seen if "authorization" in seen.headers]


def test_of_another_patient_no_finding_triggers_and_no_report_counts(site: Site) -> None:
    weak = condition("w", concept("Foot drop", (SNOMED, "6077001")), subject={"reference": "Patient/p2"})
    report = resource("DiagnosticReport", "r", concept("MRI"), **OTHERS)
    body = answered(site.ask(prefetch=prefetch(conditions=bundle([weak]), reports=bundle([report]))))
    assert body["cards"] == []
    assert {one["reference"] for one in told(body)["leftOut"]} == {"Condition/w", "DiagnosticReport/r"}
