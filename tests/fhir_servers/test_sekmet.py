"""A chart fetched from a server that others wrote gives the same cards as the same chart sent along."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from msgspec import Raw

from app.chart.chart import Chart
from app.chart.version import FhirVersion
from app.fhir.access import Access
from app.fhir.fetcher import Fetcher
from app.fhir.gather import gather
from app.fhir.limits import Limits
from app.fhir.prefetch import read_prefetch
from app.fhir.templates import TEMPLATES, filled_templates
from app.outbound.client import build_client
from app.outbound.policy import Policy
from app.pipeline import evaluate
from app.rendering.context import Subject
from app.rendering.model import Card
from tests.support.charts import ANSWER, knowledge, lexicon
from tests.support.fixture_patients import PATIENTS, FixturePatient

NOW = datetime.fromisoformat("2026-11-22T09:00:00Z")
BUDGET = 60.0
NOTHING = {template.key: Raw(b"null") for template in TEMPLATES}
LARGEST = max(PATIENTS, key=lambda one: len(one.resources))


def cards(chart: Chart, patient: FixturePatient) -> tuple[Card, ...]:
    subject = Subject(f"Patient/{patient.context.patient_id}")
    return evaluate(chart, lexicon(), subject, NOW, ANSWER).response.cards


def sent(patient: FixturePatient) -> Chart:
    """What the EHR would send if it sent all; where a fixture leaves a key out, its server has nothing either."""
    return read_prefetch(NOTHING | patient.prefetch, patient.context.patient_id)


async def test_a_fetched_chart_gives_the_same_cards_as_one_sent_along(
    sekmet: str, token: str, fetcher: Fetcher, patient: FixturePatient
) -> None:
    gathered = await gather(None, patient.context, Access(sekmet, token), fetcher, BUDGET)
    assert gathered.chart.unavailable == ()
    assert set(gathered.sources.values()) == {"fetched"}
    assert gathered.version is FhirVersion.R4
    assert cards(gathered.chart, patient) == cards(sent(patient), patient)


async def test_half_sent_and_half_fetched_is_whole(sekmet: str, token: str, fetcher: Fetcher) -> None:
    half = {key: value for key, value in LARGEST.prefetch.items() if key not in ("conditions", "labs", "patient")}
    gathered = await gather(half, LARGEST.context, Access(sekmet, token), fetcher, BUDGET)
    assert {key for key, source in gathered.sources.items() if source == "fetched"} == {"conditions", "labs", "patient"}
    assert cards(gathered.chart, LARGEST) == cards(sent(LARGEST), LARGEST)


async def test_small_pages_make_the_same_chart(sekmet: str, token: str) -> None:
    """The server's own next links lead from page to page."""
    async with build_client(Policy(loopback=True)) as http:
        fetcher = Fetcher(http, filled_templates(knowledge().vocabulary), Limits(page_size=2))
        gathered = await gather(None, LARGEST.context, Access(sekmet, token), fetcher, BUDGET)
    assert gathered.chart.unavailable == ()
    assert len(gathered.chart.observations) > 4
    assert cards(gathered.chart, LARGEST) == cards(sent(LARGEST), LARGEST)


async def test_a_long_search_is_posted_and_understood(sekmet: str, token: str) -> None:
    queries = filled_templates(knowledge().vocabulary)
    padding = ",".join(f"http://loinc.org|{number}-0" for number in range(100))
    queries["labs"] = f"Observation?patient={{{{context.patientId}}}}&category=laboratory,{padding}"
    async with build_client(Policy(loopback=True)) as http:
        gathered = await gather(None, LARGEST.context, Access(sekmet, token), Fetcher(http, queries), BUDGET)
    assert gathered.chart.unavailable == ()
    assert cards(gathered.chart, LARGEST) == cards(sent(LARGEST), LARGEST)


async def test_a_token_that_the_server_does_not_know_is_named(sekmet: str, fetcher: Fetcher) -> None:
    gathered = await gather(None, LARGEST.context, Access(sekmet, "another"), fetcher, BUDGET)
    assert set(gathered.fetch_errors) == {"unauthorized"}
    assert len(gathered.chart.unavailable) == len(TEMPLATES)


async def test_a_patient_whom_the_server_does_not_know_is_named(sekmet: str, token: str, fetcher: Fetcher) -> None:
    nobody = replace(LARGEST.context, patient_id="nobody")
    gathered = await gather(None, nobody, Access(sekmet, token), fetcher, BUDGET)
    assert [one.input for one in gathered.chart.unavailable] == ["patient"]
    assert gathered.fetch_errors == ("not-found",)


@pytest.mark.parametrize("slash", ["", "/"])
async def test_the_base_url_may_end_in_a_slash(sekmet: str, token: str, fetcher: Fetcher, slash: str) -> None:
    gathered = await gather(None, LARGEST.context, Access(sekmet + slash, token), fetcher, BUDGET)
    assert gathered.chart.unavailable == ()
