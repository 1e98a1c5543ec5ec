"""Charts on another server and another day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.trial.fixture import Fixture, UnusableFixture, name_of
from app.trial.move import moved, references_of

DAY = date(2026, 11, 22)


def a_fixture(*resources: dict[str, Any]) -> Fixture:
    patient = {"resourceType": "Patient", "id": "p1", "birthDate": "1960-02-29"}
    return Fixture("weak-legs", DAY, "Patient/p1", (patient, *resources), ())


def a_resource(kind: str = "Condition", id: str = "c1", **fields: Any) -> dict[str, Any]:  # noqa: A002 (FHIR's word)
    return {"resourceType": kind, "id": id, "subject": {"reference": "Patient/p1"}, **fields}


def only(*resources: dict[str, Any], today: date = DAY) -> dict[str, Any]:
    _, *others = moved(a_fixture(*resources), today)
    (resource,) = others
    return resource


def test_the_patient_gets_the_name_of_the_fixture_and_the_others_refer_to_it() -> None:
    patient, condition = moved(a_fixture(a_resource()), DAY)
    assert patient["id"] == "weak-legs"
    assert condition["subject"] == {"reference": "Patient/weak-legs"}


def test_the_same_id_of_two_types_stays_two_ids_that_a_server_takes() -> None:
    ids = [one["id"] for one in moved(a_fixture(a_resource(), a_resource("Procedure")), DAY)]
    assert len(set(ids)) == 3
    assert all(len(one) <= 64 and one.startswith("weak-legs") for one in ids)


def test_moving_twice_gives_the_same_whatever_the_order() -> None:
    one, other = a_resource(id="a"), a_resource(id="b")
    assert {name_of(r) for r in moved(a_fixture(one, other), DAY)} == {
        name_of(r) for r in moved(a_fixture(other, one), DAY)
    }


@pytest.mark.parametrize("target", ["Observation/o1", "https://ehr.example/fhir/Observation/o1"])
def test_a_resource_comes_after_those_that_it_refers_to(target: str) -> None:
    report = a_resource("DiagnosticReport", "r1", result=[{"reference": target}])
    _, observation, last = moved(a_fixture(report, a_resource("Observation", "o1")), DAY)
    assert (observation["resourceType"], last["resourceType"]) == ("Observation", "DiagnosticReport")
    assert last["result"] == [{"reference": name_of(observation)}]


def test_a_reference_that_leads_nowhere_becomes_an_identifier() -> None:
    encounter = {"reference": "Encounter/e1", "display": "Ward 3"}
    assert only(a_resource(encounter=encounter))["encounter"] == {
        "identifier": {"value": "Encounter/e1"},
        "display": "Ward 3",
    }


def test_a_reference_into_the_resource_itself_stays() -> None:
    assert only(a_resource(asserter={"reference": "#doctor"}))["asserter"] == {"reference": "#doctor"}


def test_resources_in_a_circle_are_refused_by_name() -> None:
    one = a_resource("Observation", "a", hasMember=[{"reference": "Observation/b"}])
    other = a_resource("Observation", "b", hasMember=[{"reference": "Observation/a"}])
    with pytest.raises(UnusableFixture, match=r"weak-legs.*circle"):
        moved(a_fixture(one, other), DAY)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-11-20", "2027-02-28"),
        ("2026-11-20T23:30:00Z", "2027-02-28T23:30:00Z"),
        ("2026-11-20T23:30:00.123+02:00", "2027-02-28T23:30:00.123+02:00"),
        ("2026-05", "2026-08"),
        ("2019", "2019"),
        ("in May", "in May"),
    ],
)
def test_dates_come_along_as_exactly_as_they_were(written: str, expected: str) -> None:
    assert only(a_resource(onsetDateTime=written), today=date(2027, 3, 2))["onsetDateTime"] == expected


def test_what_is_no_date_by_its_element_stays() -> None:
    resource = a_resource(identifier=[{"value": "2026-11-20"}], effectivePeriod={"start": "2026-11-20"})
    shifted = only(resource, today=date(2026, 11, 23))
    assert shifted["identifier"] == [{"value": "2026-11-20"}]
    assert shifted["effectivePeriod"] == {"start": "2026-11-21"}


def test_the_age_stays() -> None:
    patient, *_ = moved(a_fixture(), date(2027, 11, 22))
    assert patient["birthDate"] == "1961-02-28"


def test_references_are_found_wherever_they_are() -> None:
    value = {"a": [{"b": {"reference": "A/1"}}], "reference": "B/2", "c": "C/3"}
    assert references_of(value) == {"A/1", "B/2"}
