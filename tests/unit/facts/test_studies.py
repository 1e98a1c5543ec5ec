"""Orders, procedures and reports."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.facts.model import PatientFacts, Study
from tests.support.charts import LOINC, Json, concept, days_ago, facts_of, resource

MRI = concept("MRI", (LOINC, "30679-5"))
NAME = "mri-lumbar-spine"


def studies(facts: PatientFacts, name: str = NAME) -> list[Study]:
    return list(facts.studies.get(name, ()))


def request(status: str = "active", **elements: object) -> Json:
    return resource(
        "ServiceRequest", "r", MRI, **{"status": status, "intent": "order", "authoredOn": days_ago(2), **elements}
    )


@pytest.mark.parametrize(
    ("one", "state"),
    [
        (request("active"), "ordered"),
        (request("on-hold"), "ordered"),
        (request("draft"), "ordered"),
        (request("completed"), "done"),
        (resource("Procedure", "r", MRI, status="completed", performedDateTime=days_ago(2)), "done"),
        (resource("Procedure", "r", MRI, status="in-progress", performedDateTime=days_ago(2)), "ordered"),
        (resource("DiagnosticReport", "r", MRI, status="final", effectiveDateTime=days_ago(2)), "reported"),
        (resource("DiagnosticReport", "r", MRI, status="preliminary", effectiveDateTime=days_ago(2)), "done"),
        (resource("DiagnosticReport", "r", MRI, status="registered", effectiveDateTime=days_ago(2)), "ordered"),
    ],
)
def test_a_status_says_how_far_a_study_is(one: Json, state: str) -> None:
    (study,) = studies(facts_of(one))
    assert (study.state, study.reference) == (state, f"{one['resourceType']}/r")
    assert study.age.least == timedelta(days=2)


@pytest.mark.parametrize(
    "one",
    [
        request("revoked"),
        request("entered-in-error"),
        request("unknown"),
        request(doNotPerform=True),
        request(intent="plan"),
        request(intent="option"),
        resource("Procedure", "r", MRI, status="not-done"),
        resource("Procedure", "r", MRI, status="entered-in-error"),
        resource("DiagnosticReport", "r", MRI, status="cancelled"),
        resource("DiagnosticReport", "r", MRI, status="entered-in-error"),
    ],
)
def test_what_was_not_carried_out_is_no_study(one: Json) -> None:
    assert facts_of(one).studies == {}


@pytest.mark.parametrize("intent", ["order", "instance-order", "filler-order", "directive", "proposal"])
def test_what_is_ordered_or_was_suggested_and_taken_is_an_order(intent: str) -> None:
    assert [study.state for study in studies(facts_of(request(intent=intent)))] == ["ordered"]


def test_the_priority_of_an_order_is_kept_and_routine_by_default() -> None:
    assert [one.priority for one in studies(facts_of(request(priority="stat")))] == ["stat"]
    assert [one.priority for one in studies(facts_of(request()))] == ["routine"]


def test_a_study_without_a_date_is_of_unknown_age() -> None:
    (study,) = studies(facts_of(request(authoredOn=None)))
    assert (study.when, study.age.within(timedelta(days=36500))) == (None, None)


@pytest.mark.parametrize(
    ("occurrence", "days"),
    [
        ({"occurrenceDateTime": days_ago(2)}, 2),
        ({"occurrencePeriod": {"start": days_ago(3), "end": days_ago(2)}}, 2),
        ({"occurrencePeriod": {"start": days_ago(3)}}, 3),
        ({}, 40),
    ],
)
def test_an_order_that_was_carried_out_is_as_old_as_that(occurrence: Json, days: int) -> None:
    """MEDITECH tells it as a period."""
    (study,) = studies(facts_of(request("completed", authoredOn=days_ago(40), **occurrence)))
    assert study.age.least == timedelta(days=days)


def test_an_order_that_is_open_is_as_old_as_the_order() -> None:
    (study,) = studies(facts_of(request(occurrencePeriod={"start": days_ago(1)})))
    assert study.age.least == timedelta(days=2)


def test_a_study_dated_in_the_future_is_not_recent() -> None:
    (study,) = studies(facts_of(resource("Procedure", "r", MRI, status="completed", performedDateTime=days_ago(-9))))
    assert study.age.within(timedelta(days=30)) is not True


def test_snomed_and_loinc_by_their_oids_are_known() -> None:
    code = concept(None, ("urn:oid:2.16.840.1.113883.6.1", "30679-5"))
    assert studies(facts_of(resource("DiagnosticReport", "r", code, status="final", effectiveDateTime=days_ago(2))))


def test_a_lab_order_is_known_by_the_codes_of_its_lab() -> None:
    code = concept(None, (LOINC, "2823-3"))
    facts = facts_of(resource("ServiceRequest", "r", code, status="active", intent="order", authoredOn=days_ago(1)))
    assert studies(facts, "potassium-level")


def test_a_code_of_another_system_is_no_study() -> None:
    code = concept(None, ("urn:local", "30679-5"))
    assert facts_of(resource("DiagnosticReport", "r", code, status="final")).studies == {}
