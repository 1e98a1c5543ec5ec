"""STU3, R4 and R5 say the same in different shapes, and the same is read from each without knowing which it is."""

from __future__ import annotations

import json
from itertools import permutations

import pytest

from app.chart.decode import decode_page, reference_of
from app.facts.model import PatientFacts
from tests.support.charts import UCUM, Json, bundle, concept, days_ago, facts_of
from tests.support.releases import (
    MODELS,
    POTASSIUM,
    chart,
    condition,
    encounter,
    interpreted,
    medication,
    order,
    potassium,
    prescription,
    procedure,
    remarked,
    report,
    valid,
)


def without_names(facts: PatientFacts) -> str:
    """All facts, but for the one name that differs: STU3's for an order."""
    return repr(facts).replace("ProcedureRequest/", "ServiceRequest/")


@pytest.mark.parametrize("release", ["STU3", "R5"])
def test_a_whole_chart_tells_the_same_facts_as_in_r4(release: str) -> None:
    facts, in_r4 = facts_of(*chart(release)), facts_of(*chart("R4"))
    assert without_names(facts) == without_names(in_r4)
    for told in (facts.findings, facts.labs, facts.prescriptions, facts.studies, facts.stays):
        assert told
    assert facts.left_out == ()


every_release = pytest.mark.parametrize("release", ["STU3", "R4", "R5"])


@every_release
def test_a_searchset_is_read_whole(release: str) -> None:
    page = decode_page(json.dumps(valid(release, bundle(chart(release)))).encode())
    assert [reference_of(one.resource) for one in page.entries if one.resource] == [
        f"{one['resourceType']}/{one['id']}" for one in chart(release)
    ]
    assert page.left_out == ()


@every_release
def test_a_condition_is_dated_by_when_it_was_recorded(release: str) -> None:
    (found,) = facts_of(condition(release)).findings["foot-drop"]
    assert found.recorded is not None
    assert found.recorded.text == days_ago(9)


@every_release
@pytest.mark.parametrize("clinical", ["inactive", "remission", "resolved"])
def test_a_condition_that_is_over_is_no_finding(release: str, clinical: str) -> None:
    assert facts_of(condition(release, clinical)).findings == {}


@every_release
@pytest.mark.parametrize("verification", ["refuted", "entered-in-error"])
def test_a_condition_that_was_wrong_is_no_finding(release: str, verification: str) -> None:
    assert facts_of(condition(release, verification=verification)).findings == {}


@every_release
def test_a_condition_that_is_not_sure_is_suspected(release: str) -> None:
    (found,) = facts_of(condition(release, verification="provisional")).findings["foot-drop"]
    assert found.suspected
    (found,) = facts_of(condition(release)).findings["foot-drop"]
    assert not found.suspected


@every_release
def test_a_result_has_its_value_limits_and_remarks(release: str) -> None:
    (plain,) = facts_of(potassium(release)).labs["potassium"]
    assert (plain.value, plain.unit, plain.lower_limit, plain.upper_limit) == (2.9, "mmol/L", 3.5, 5.1)
    assert not plain.haemolysed
    for said in (interpreted(release, "haemolysed"), remarked(release, "Sample haemolysed.")):
        (marked,) = facts_of(potassium(release, **said)).labs["potassium"]
        assert marked.haemolysed


@every_release
def test_a_component_has_its_interpretation(release: str) -> None:
    quantity = {"value": 2.9, "unit": "mmol/L", "system": UCUM, "code": "mmol/L"}
    part = {"code": POTASSIUM, "valueQuantity": quantity, **interpreted(release, "haemolysed")}
    panel = potassium(release, code=concept("Electrolytes"), component=[part])
    del panel["valueQuantity"]
    (result,) = facts_of(valid(release, panel)).labs["potassium"]
    assert result.haemolysed


@every_release
@pytest.mark.parametrize("kind", ["CodeableConcept", "Reference"])
def test_a_drug_is_known_by_concept_and_by_reference(release: str, kind: str) -> None:
    facts = facts_of(prescription(release, kind), medication(release))
    assert [one.ingredient for one in facts.prescriptions["digoxin"]] == ["digoxin"]


@every_release
def test_a_drug_is_known_by_the_resource_that_its_request_contains(release: str) -> None:
    reference = {"reference": "#inside"}
    named = {"medication": {"reference": reference}} if release == "R5" else {"medicationReference": reference}
    request = {
        key: value for key, value in prescription(release, "Reference").items() if not key.startswith("medication")
    }
    request |= {"contained": [medication(release) | {"id": "inside"}], **named}
    assert facts_of(valid(release, request)).prescriptions["digoxin"]


@every_release
@pytest.mark.parametrize("kind", ["DateTime", "Period"])
def test_a_procedure_is_dated_by_when_it_was_done(release: str, kind: str) -> None:
    (study,) = facts_of(procedure(release, kind)).studies["mri-lumbar-spine"]
    assert study.when is not None
    assert (study.state, study.when.text) == ("done", days_ago(6))


def test_a_procedure_that_was_not_done_is_no_study_in_any_release() -> None:
    not_done: dict[str, Json] = {"STU3": {"notDone": True}, "R4": {"status": "not-done"}, "R5": {"status": "not-done"}}
    for release, said in not_done.items():
        assert facts_of(procedure(release, "DateTime", **said)).studies == {}


@every_release
def test_an_order_is_an_order(release: str) -> None:
    (study,) = facts_of(order(release)).studies["mri-lumbar-spine"]
    assert (study.state, study.priority, study.reference.split("/")[1]) == ("ordered", "urgent", "o")


@every_release
def test_an_order_that_must_not_be_carried_out_is_none(release: str) -> None:
    assert facts_of(order(release, doNotPerform=True)).studies == {}


def test_an_order_that_waits_is_still_one_in_any_release() -> None:
    for release, status in {"STU3": "suspended", "R4": "on-hold", "R5": "on-hold"}.items():
        (study,) = facts_of(order(release, status=status)).studies["mri-lumbar-spine"]
        assert study.state == "ordered"


def test_an_r5_order_for_a_plan_by_reference_names_no_study() -> None:
    assert facts_of(order("R5", code={"reference": {"reference": "PlanDefinition/x"}})).studies == {}


def test_a_modified_r5_report_is_not_final_yet() -> None:
    (study,) = facts_of(valid("R5", report("R5") | {"status": "modified"})).studies["mri-lumbar-spine"]
    assert study.state == "done"


@every_release
def test_a_stay_has_its_length(release: str) -> None:
    (stay,) = facts_of(encounter(release)).stays
    assert (stay.length.days, stay.admitted.text) == (14, days_ago(20))


@pytest.mark.parametrize(("release", "other"), [*permutations(MODELS, 2)])
def test_the_examples_of_one_release_are_not_valid_in_another(release: str, other: str) -> None:
    """Else the tests above would compare a release with itself."""
    assert sum(not is_valid(other, resource) for resource in chart(release)) >= 3


def is_valid(release: str, resource: Json) -> bool:
    try:
        valid(release, resource)
    except ValueError:  # an element, or a type of resource, that the release does not have
        return False
    return True
