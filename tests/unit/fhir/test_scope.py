"""What a token's scope leaves out is not asked for (protocol C4)."""

from __future__ import annotations

import pytest

from app.chart.version import FhirVersion
from app.fhir.access import Access
from app.fhir.scope import leaves_out
from tests.support.gathering import TOKEN, Caller


@pytest.mark.parametrize(
    "scope",
    [
        None,
        "",
        "launch openid fhirUser",
        "patient/Observation.read",
        "user/Observation.*",
        "system/*.read",
        "patient/*.*",
        "patient/Observation.rs",
        "patient/Observation.cruds",
        "user/*.s",
        "patient/Patient.read launch user/Observation.r",
        "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory",
        "patient/Observation.read,patient/Condition.read",
        "patient/Condition.read,patient/Observation.read",
        "patient/observation:read",
    ],
)
def test_c4_a_scope_that_covers_the_type_or_does_not_plainly_leave_it_out(scope: str | None) -> None:
    assert not leaves_out(scope, "Observation")


@pytest.mark.parametrize(
    "scope",
    [
        "patient/Condition.read",
        "patient/Condition.*",
        "openid launch patient/Condition.rs user/Patient.*",
        "patient/Observation.write",
        "patient/*.write",
        "system/*.cud",
        "patient/ObservationDefinition.read",
        "user/Condition.rs?category=x",
    ],
)
def test_c4_a_scope_that_plainly_leaves_the_type_out(scope: str) -> None:
    assert leaves_out(scope, "Observation")


async def test_c4_a_query_beyond_the_scope_is_not_made_and_the_input_is_named(caller: Caller) -> None:
    access = Access(caller.server.url, TOKEN, "openid patient/Patient.read patient/Condition.rs", FhirVersion.R4)
    gathered = await caller.gather(None, access)
    assert {one.path for one in caller.server.seen} == {"Patient/p1", "Condition"}
    reasons = {one.input: one.reason for one in gathered.chart.unavailable}
    assert reasons["labs"] == "was not sent, and could not be fetched: the token's scope leaves out Observation"
    assert set(gathered.fetch_errors) == {"scope"}
    assert len(gathered.chart.conditions) == 1
