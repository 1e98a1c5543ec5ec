"""What prefetch lacks is fetched (protocol P1 to P8, F1, F3)."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from msgspec import Raw

from app.chart.version import FhirVersion
from app.errors import MalformedRequest, MissingInput
from app.fhir.access import Access, Barred
from app.fhir.fetcher import Fetcher
from app.fhir.gather import gather
from app.fhir.prefetch import require_inputs
from app.fhir.query import QueryContext
from app.fhir.templates import TEMPLATES
from tests.support.charts import PATIENT_ID, Json, bundle, foot_drop, patient, potassium, prescription
from tests.support.fhir_server import OUTCOME, Answer, Seen
from tests.support.gathering import COMPLETE, CONTEXT, TOKEN, Caller, ids, said

KEYS = [template.key for template in TEMPLATES]
FOREIGN = {**potassium(1.0, "foreign"), "subject": {"reference": "Patient/p2"}}


async def test_a_complete_prefetch_asks_the_server_nothing(caller: Caller) -> None:
    gathered = await caller.call(labs=bundle([potassium(3.0, "sent")]))
    assert caller.server.seen == []
    assert ids(gathered) == ["sent"]
    assert set(gathered.sources.values()) == {"prefetch"}


async def test_the_server_is_asked_for_json_and_may_compress_it(caller: Caller) -> None:
    await caller.call(labs=...)
    (seen,) = caller.server.seen
    assert (seen.headers["accept"], seen.headers["accept-encoding"]) == ("application/fhir+json", "gzip")


async def test_without_access_what_is_absent_stays_absent(caller: Caller) -> None:
    gathered = await caller.gather({"patient": Raw(b"null")}, None)
    assert {one.input for one in gathered.chart.unavailable} == set(KEYS) - {"patient"}
    assert gathered.sources["labs"] == "unavailable"
    assert gathered.version is FhirVersion.R4


async def test_p1_what_is_absent_is_fetched(caller: Caller) -> None:
    gathered = await caller.gather(None, Access(caller.server.url, TOKEN, version=FhirVersion.R4))
    assert gathered.chart.patient is not None
    assert [one.id for one in gathered.chart.conditions] == ["weakness"]
    assert ids(gathered) == ["k"]
    assert gathered.chart.unavailable == ()
    assert dict(gathered.sources) == dict.fromkeys(KEYS, "fetched")


async def test_what_was_sent_is_kept_beside_what_is_fetched(caller: Caller) -> None:
    gathered = await caller.call(labs=bundle([potassium(3.0, "sent")]), conditions=..., orders=OUTCOME)
    assert ids(gathered) == ["sent"]
    assert [one.id for one in gathered.chart.conditions] == ["weakness"]
    assert said(gathered, "orders") == "could not be fetched by the client"
    sources = {**dict.fromkeys(KEYS, "prefetch"), "conditions": "fetched", "orders": "unavailable"}
    assert list(gathered.sources.items()) == list(sources.items())


@pytest.mark.parametrize("server", [{"after": len(KEYS)}], indirect=True)
async def test_f3_missing_keys_are_fetched_all_at_once(caller: Caller) -> None:
    """The server withholds its answers until every query has arrived."""
    gathered = await caller.gather(None, Access(caller.server.url, TOKEN, version=FhirVersion.R4))
    assert gathered.chart.unavailable == ()
    assert caller.server.most_at_once == len(KEYS)


@pytest.mark.parametrize("server", [{"after": len(KEYS) + 1}], indirect=True)
async def test_f3_the_release_is_asked_for_beside_the_queries(caller: Caller) -> None:
    gathered = await caller.gather(None, Access(caller.server.url, TOKEN))
    assert gathered.chart.unavailable == ()
    assert len(caller.server.asked("metadata")) == 1


async def test_each_key_is_asked_for_once_with_the_ids_of_the_context(caller: Caller) -> None:
    await caller.gather(None, Access(caller.server.url, TOKEN, version=FhirVersion.R4))
    assert len(caller.server.seen) == len(KEYS)
    assert len(caller.server.asked(f"Patient/{PATIENT_ID}")) == 1
    searches = [one for one in caller.server.seen if not one.path.startswith("Patient")]
    assert {one.parameters["patient"] for one in searches} == {PATIENT_ID}
    (scores,) = [one.parameters["code"] for one in searches if "code" in one.parameters]
    assert scores.startswith("http://loinc.org|72514-3,http://loinc.org|")


async def test_f1_the_token_goes_into_the_authorization_header_only(caller: Caller) -> None:
    await caller.call(labs=...)
    (seen,) = caller.server.seen
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"
    assert seen.headers["accept"] == "application/fhir+json"
    assert TOKEN not in seen.target
    assert [name for name, value in seen.headers.items() if TOKEN in value] == ["authorization"]


async def test_an_open_server_is_asked_without_a_token(caller: Caller) -> None:
    gathered = await caller.gather(None, Access(caller.server.url, version=FhirVersion.R4))
    assert gathered.chart.unavailable == ()
    assert all("authorization" not in one.headers for one in caller.server.seen)


async def test_f1_neither_token_nor_patient_is_logged_or_shown(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fetcher = caller.fetcher()
    await caller.call(fetcher=fetcher, labs=...)
    assert TOKEN not in caplog.text
    assert PATIENT_ID not in caplog.text
    assert TOKEN not in repr(Access(caller.server.url, TOKEN))


@pytest.mark.parametrize("slash", ["", "/"])
async def test_the_base_url_may_end_in_a_slash(caller: Caller, slash: str) -> None:
    gathered = await caller.gather(None, Access(caller.server.url + slash, TOKEN, version=FhirVersion.R4))
    assert ids(gathered) == ["k"]
    assert all(one.target.startswith("/fhir/") and "//" not in one.target[:10] for one in caller.server.seen)


@pytest.mark.parametrize("server_url", ["", "ehr", "ftp://ehr.example/", "http://u:p@ehr.example/", "https://[::1"])
async def test_a_url_that_is_no_base_is_refused(caller: Caller, server_url: str) -> None:
    with pytest.raises(MalformedRequest) as refused:
        await caller.gather(None, Access(server_url, TOKEN, version=FhirVersion.R4))
    assert refused.value.where == "fhirServer"


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX-Admin: 1", "é", "a\x7fb"])
async def test_a_token_that_does_not_fit_a_header_is_refused(caller: Caller, token: str) -> None:
    with pytest.raises(MalformedRequest) as refused:
        await caller.gather(None, Access(caller.server.url, token, version=FhirVersion.R4))
    assert refused.value.where == "fhirAuthorization.access_token"
    assert caller.server.seen == []


async def test_p2_null_is_an_answer(caller: Caller) -> None:
    await caller.call()
    assert caller.server.seen == []


@pytest.mark.parametrize("value", [OUTCOME, bundle([OUTCOME])])
async def test_p4_what_the_client_could_not_fetch_is_not_tried_again(caller: Caller, value: Json) -> None:
    gathered = await caller.call(labs=value)
    assert said(gathered) == "could not be fetched by the client"
    assert caller.server.seen == []


@pytest.mark.parametrize("value", ["<html>", 7, [], {}, patient(), {"resourceType": "Bundle", "total": 3}])
async def test_p4_what_answers_no_query_is_fetched(caller: Caller, value: Any) -> None:
    gathered = await caller.call(labs=value)
    assert ids(gathered) == ["k"]
    assert gathered.sources["labs"] == "fetched"


async def test_p5_the_pages_that_follow_a_prefetched_one_are_fetched_with_the_token(caller: Caller) -> None:
    caller.server.on("Observation", Answer(bundle([potassium(3.1, "second")])))
    link = {"relation": "next", "url": f"{caller.server.url}/Observation?page=2"}
    gathered = await caller.call(labs=bundle([potassium(3.0, "first")], link=[link]))
    (seen,) = caller.server.seen
    assert seen.target == "/fhir/Observation?page=2"
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"
    assert ids(gathered) == ["first", "second"]
    assert gathered.chart.unavailable == ()


async def test_p5_a_prefetched_page_counts_when_the_next_one_fails(caller: Caller) -> None:
    caller.server.on("Observation", Answer(status=403))
    link = {"relation": "next", "url": f"{caller.server.url}/Observation?page=2"}
    gathered = await caller.call(labs=bundle([potassium(3.0, "first")], link=[link]))
    assert ids(gathered) == ["first"]
    assert said(gathered).startswith("was cut short after 1 page: the FHIR server answered 403")
    assert gathered.sources["labs"] == "prefetch"


async def test_p7_included_extras_are_ignored_and_what_is_contained_is_kept(caller: Caller) -> None:
    contained = prescription("m", None, contained=[{"resourceType": "Medication", "id": "c"}])
    extra = {"resourceType": "Practitioner", "id": "d", "name": [{"family": "x"}]}
    caller.server.on("MedicationRequest", Answer(bundle([extra, foot_drop("not asked"), contained])))
    gathered = await caller.call(medications=...)
    (kept,) = gathered.chart.medication_requests
    assert kept.contained
    assert gathered.chart.conditions == ()
    assert gathered.chart.left_out == ()


async def test_p8_what_is_not_valid_fhir_is_left_out_and_named(caller: Caller) -> None:
    bad = {"resourceType": "Observation", "id": "bad", "status": 7}
    caller.server.on("Observation", Answer(bundle([bad, potassium(2.9)])))
    gathered = await caller.call(labs=...)
    assert ids(gathered) == ["k"]
    assert [one.reference for one in gathered.chart.left_out] == ["Observation/bad"]


async def test_p8_what_a_prefetched_page_left_out_stays_named_when_further_pages_come(caller: Caller) -> None:
    bad = {"resourceType": "Observation", "id": "bad", "status": 7}
    caller.server.on("Observation", Answer(bundle([potassium(2.9)])))
    link = {"relation": "next", "url": f"{caller.server.url}/Observation?page=2"}
    gathered = await caller.call(labs=bundle([bad], link=[link]))
    assert ids(gathered) == ["k"]
    assert [one.reference for one in gathered.chart.left_out] == ["Observation/bad"]


async def test_c5_another_patients_resources_are_left_out(caller: Caller) -> None:
    caller.server.on("Observation", Answer(bundle([FOREIGN, potassium(2.9)])))
    gathered = await caller.call(labs=...)
    assert ids(gathered) == ["k"]
    assert [one.reference for one in gathered.chart.left_out] == ["Observation/foreign"]


async def test_c5_another_prefetched_patient_is_refused_before_anything_is_fetched(caller: Caller) -> None:
    with pytest.raises(MalformedRequest):
        await caller.call(patient=patient(id="p2"), labs=...)
    assert caller.server.seen == []


async def test_p7_another_patient_included_with_conditions_refuses_no_call_valid_or_not(caller: Caller) -> None:
    for extra in (patient(id="p2"), patient(id="p2", birthDate=1960)):
        gathered = await caller.call(conditions=bundle([foot_drop(), extra]))
        assert [one.id for one in gathered.chart.conditions] == [foot_drop()["id"]]


async def test_c5_another_patient_in_the_servers_answer_is_not_this_one(caller: Caller) -> None:
    caller.server.on(f"Patient/{PATIENT_ID}", Answer(patient(id="p2")))
    gathered = await caller.call(patient=...)
    assert gathered.chart.patient is None
    assert said(gathered, "patient") == (
        "was not sent, and could not be fetched: the FHIR server answered with another Patient"
    )
    assert gathered.fetch_errors == ("other-patient",)


async def test_without_the_patient_the_rest_goes_on(caller: Caller) -> None:
    caller.server.on(f"Patient/{PATIENT_ID}", Answer(OUTCOME, status=404))
    gathered = await caller.gather(None, Access(caller.server.url, TOKEN, version=FhirVersion.R4))
    assert gathered.chart.patient is None
    assert "answered 404" in said(gathered, "patient")
    assert [one.id for one in gathered.chart.conditions] == ["weakness"]


async def test_f2_conditions_that_could_be_had_neither_way_are_named_with_the_reason(caller: Caller) -> None:
    caller.server.on("Condition", Answer(status=401))
    gathered = await caller.call(conditions=...)
    with pytest.raises(MissingInput, match=r"prefetch `conditions` is needed and was not sent, .* 401") as refused:
        require_inputs(gathered.chart, triggered=False)
    assert refused.value.where == "prefetch.conditions"
    require_inputs(gathered.chart, triggered=True)


async def test_f2_conditions_of_which_a_page_failed_are_incomplete(caller: Caller) -> None:
    more = {"relation": "next", "url": "Condition?page=2"}
    caller.server.on("Condition", Answer(bundle([foot_drop()], link=[more])), Answer(status=500))
    gathered = await caller.call(conditions=...)
    assert len(gathered.chart.conditions) == 1
    with pytest.raises(MissingInput, match="cut short after 1 page: the FHIR server answered 500"):
        require_inputs(gathered.chart, triggered=False)


async def test_a_query_too_long_for_a_url_is_posted(caller: Caller) -> None:
    codes = ",".join(f"http://loinc.org|{number}" for number in range(90))
    query = f"Observation?patient={{{{context.patientId}}}}&code={codes}"
    fetcher = Fetcher(caller.http, {"labs": query})
    gathered = await caller.call(fetcher=fetcher, labs=...)
    (seen,) = caller.server.seen
    assert (seen.method, seen.target) == ("POST", "/fhir/Observation/_search")
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert seen.parameters == {"patient": PATIENT_ID, "code": codes, "_count": "200"}
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"
    assert ids(gathered) == ["k"]


@pytest.mark.parametrize("patient_id", [".", ".."])
async def test_an_id_that_would_climb_out_of_its_path_is_refused(caller: Caller, patient_id: str) -> None:
    context = QueryContext(patient_id, CONTEXT.user_id)
    with pytest.raises(MalformedRequest):
        await gather(None, context, Access(caller.server.url, version=FhirVersion.R4), caller.fetcher(), 1.0)
    assert caller.server.seen == []


async def test_no_cookie_of_one_call_is_sent_with_the_next(caller: Caller) -> None:
    caller.server.on("Observation", Answer(bundle([]), headers={"Set-Cookie": "session=1; Path=/"}))
    await caller.call(labs=...)
    await caller.call(labs=...)
    assert len(caller.server.seen) == 2
    assert all("cookie" not in one.headers for one in caller.server.seen)


async def test_a_server_that_ignores_the_query_still_gives_the_right_chart(caller: Caller) -> None:
    """Unsorted, more than asked, of every kind, in spite of `_count`."""

    def everything(_seen: Seen) -> Answer:
        many = [potassium(3.0, f"k{number}") for number in reversed(range(300))]
        return Answer(bundle([foot_drop(), FOREIGN, *many, patient()]))

    caller.server.on("Observation", everything)
    gathered = await caller.call(labs=..., findings=..., scores=...)
    assert len(gathered.chart.observations) == 300
    assert gathered.chart.conditions == ()
    assert gathered.chart.unavailable == ()


async def test_a_charset_and_a_byte_order_mark_do_no_harm(caller: Caller) -> None:
    body = "\ufeff" + json.dumps(bundle([potassium(2.9)]))
    caller.server.on("Observation", Answer(body, content_type="application/fhir+json; charset=utf-8; fhirVersion=4.0"))
    assert ids(await caller.call(labs=...)) == ["k"]


@pytest.mark.parametrize("value", [{"resourceType": "Bundle"}, {"resourceType": "Bundle", "entry": []}])
async def test_p3_a_bundle_without_total_or_entry_is_empty(caller: Caller, value: Json) -> None:
    caller.server.on("Observation", Answer(value))
    gathered = await caller.call(labs=...)
    assert ids(gathered) == []
    assert gathered.chart.unavailable == ()


async def test_an_outcome_entry_that_informs_is_no_failure(caller: Caller) -> None:
    noted = {"resourceType": "Bundle", "entry": [{"resource": OUTCOME, "search": {"mode": "outcome"}}]}
    caller.server.on("Observation", Answer(noted))
    assert (await caller.call(labs=...)).chart.unavailable == ()


UNREADABLE = "the links to further pages cannot be read"


async def test_p8_pages_whose_links_cannot_be_read_count_and_are_perhaps_not_all(caller: Caller) -> None:
    caller.server.on("Observation", Answer(bundle([potassium(2.9)], link=[None])))
    gathered = await caller.call(labs=...)
    assert ids(gathered) == ["k"]
    assert said(gathered) == f"was perhaps cut short after 1 page: {UNREADABLE}"
    assert gathered.fetch_errors == ("unreadable-links",)


async def test_p8_a_prefetched_bundle_whose_links_cannot_be_read_counts_and_is_perhaps_not_all(caller: Caller) -> None:
    labs = {"labs": Raw(json.dumps(bundle([potassium(2.9)], link=5)).encode())}
    gathered = await caller.gather(COMPLETE | labs, None)
    assert ids(gathered) == ["k"]
    assert said(gathered) == f"was perhaps cut short: {UNREADABLE}"


async def test_p3_null_for_the_entries_of_a_bundle_is_none(caller: Caller) -> None:
    gathered = await caller.call(labs={"resourceType": "Bundle", "type": "searchset", "entry": None})
    assert ids(gathered) == []
    assert gathered.chart.unavailable == ()
    assert caller.server.seen == []


async def test_p8_half_a_letter_costs_nothing_of_a_fetched_page(caller: Caller) -> None:
    """As a note has it that was cut in the middle of an emoji."""
    note = [{"text": "seen \ud83d"}]
    caller.server.on("Observation", Answer(bundle([potassium(2.9, note=note), potassium(3.1, "other")])))
    gathered = await caller.call(labs=...)
    assert ids(gathered) == ["k", "other"]
    assert gathered.chart.unavailable == ()


async def test_f2_why_a_server_is_not_called_is_counted_and_said_of_what_is_missing_alone(caller: Caller) -> None:
    barred = Barred("https://elsewhere.example/fhir")
    lacking = {key: value for key, value in COMPLETE.items() if key != "labs"}
    gathered = await gather(lacking, CONTEXT, barred, caller.fetcher(), 1.0)
    assert said(gathered) == "was not sent, and fhirServer is not registered for this client"
    assert gathered.fetch_errors == ("unregistered-server",)
    assert (await gather(COMPLETE, CONTEXT, barred, caller.fetcher(), 1.0)).fetch_errors == ()
