"""MedicationRequests, by code or by name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.chart.decode import LeftOut
from app.facts.model import PatientFacts, Prescription
from tests.support.charts import RXNORM, Json, concept, days_ago, facts_of, knowledge, prescription

DIGOXIN = "3407"


def taken(facts: PatientFacts, group: str = "digoxin") -> list[Prescription]:
    return list(facts.prescriptions.get(group, ()))


def coded(code: str) -> Json:
    return concept(None, (RXNORM, code))


def product(group: str, ingredient: str) -> str:
    products = knowledge().vocabulary.medications[group].ingredients[ingredient].products
    return next(iter(products.systemic))


def test_an_ingredient_code_is_known() -> None:
    (one,) = taken(facts_of(prescription("m", coded(DIGOXIN), authoredOn=days_ago(40))))
    assert (one.ingredient, one.reference, one.current) == ("digoxin", "MedicationRequest/m", True)
    assert one.age.least == timedelta(days=40)


def test_rxnorm_by_its_oid_is_rxnorm() -> None:
    assert taken(facts_of(prescription("m", concept(None, ("urn:oid:2.16.840.1.113883.6.88", DIGOXIN)))))


def test_a_product_code_means_its_ingredient() -> None:
    code = product("corticosteroid-systemic", "prednisolone")
    (one,) = taken(facts_of(prescription("m", coded(code))), "corticosteroid-systemic")
    assert one.ingredient == "prednisolone"


NON_SYSTEMIC = [
    (group, code, display)
    for group, entry in knowledge().vocabulary.medications.items()
    if not entry.any_route
    for drug in entry.ingredients.values()
    for code, display in drug.products.non_systemic.items()
    if not any(code in other.products.systemic for other in entry.ingredients.values())
]


def test_the_vocabulary_knows_products_that_do_not_act_on_the_whole_body() -> None:
    assert NON_SYSTEMIC


def test_such_a_product_does_not_count_for_a_systemic_group_whatever_its_name() -> None:
    counted = []
    for group, code, display in NON_SYSTEMIC:
        drug = {"coding": [{"system": RXNORM, "code": code, "display": display}], "text": display}
        if taken(facts_of(prescription("m", drug)), group):
            counted.append((group, code, display))
    assert counted == []


@pytest.mark.parametrize("text", ["Digoxin 125 microgram tablets", "DIGOXIN", "digoxin PO daily"])
def test_a_drug_is_known_by_its_name_in_text(text: str) -> None:
    assert len(taken(facts_of(prescription("m", concept(text))))) == 1


@pytest.mark.parametrize("text", ["digoxin immune fab"[9:], "no digoxin", "indigoxin"])
def test_other_words_are_no_drug(text: str) -> None:
    assert taken(facts_of(prescription("m", concept(text)))) == []


@pytest.mark.parametrize(
    ("text", "routes"),
    [
        ("Dexamethasone eye drops", []),
        ("hydrocortisone 1% cream", []),
        ("hydrocortisone rectal foam", []),
        ("dexamethasone", ["Ophthalmic"]),
        ("dexamethasone", ["Topical route"]),
    ],
)
def test_local_use_of_a_steroid_is_not_systemic(text: str, routes: list[str]) -> None:
    request = prescription("m", concept(text), dosageInstruction=[{"route": {"text": one}} for one in routes])
    assert taken(facts_of(request), "corticosteroid-systemic") == []


def test_the_same_steroid_by_mouth_is_systemic() -> None:
    request = prescription("m", concept("dexamethasone"), dosageInstruction=[{"route": {"text": "Oral"}}])
    assert taken(facts_of(request), "corticosteroid-systemic")


def test_nitrous_oxide_counts_by_inhalation() -> None:
    request = prescription("m", concept("nitrous oxide"), dosageInstruction=[{"route": {"text": "Inhalation"}}])
    assert taken(facts_of(request), "nitrous-oxide")


@pytest.mark.parametrize(
    "reference", ["Medication/d", "https://ehr.example/fhir/Medication/d", "Medication/d/_history/2", "urn:uuid:d"]
)
def test_an_included_medication_is_read(reference: str) -> None:
    drug = {"resourceType": "Medication", "id": "d", "code": coded(DIGOXIN)}
    assert taken(facts_of(prescription("m", None, medicationReference={"reference": reference}), drug))


@pytest.mark.parametrize("name", ["d", "#d"])
def test_a_contained_medication_is_read(name: str) -> None:
    request = prescription(
        "m",
        None,
        contained=[
            {"resourceType": "Organization", "id": "o"},
            {"resourceType": "Medication", "id": "x", "code": coded("1")},
            {"resourceType": "Medication", "id": name, "code": coded(DIGOXIN)},
        ],
        medicationReference={"reference": "#d"},
    )
    assert taken(facts_of(request))


def test_a_medication_that_did_not_come_is_known_by_the_references_text() -> None:
    reference = {"reference": "Medication/elsewhere", "display": "digoxin 125 mcg"}
    assert taken(facts_of(prescription("m", None, medicationReference=reference)))


def test_a_medication_with_a_local_code_alone_is_known_by_the_references_text() -> None:
    drug = {"resourceType": "Medication", "id": "d", "code": {"coding": [{"system": "urn:local", "code": "4711"}]}}
    reference = {"reference": "Medication/d", "display": "digoxin 125 mcg"}
    assert taken(facts_of(prescription("m", None, medicationReference=reference), drug))


@pytest.mark.parametrize(
    ("elements", "named"),
    [
        ({}, False),
        ({"medicationReference": None, "medication": {"reference": {"reference": "Medication/elsewhere"}}}, False),
        ({"medicationReference": {"reference": "Medication/elsewhere", "display": "aspirin"}}, True),
        ({"medicationReference": {"reference": "Medication/there"}}, True),
        ({"status": "cancelled"}, True),
    ],
)
def test_a_prescription_that_names_no_drug_is_told(elements: dict[str, Any], named: bool) -> None:
    there = {"resourceType": "Medication", "id": "there", "code": {"text": "aspirin"}}
    elsewhere = {"medicationReference": {"reference": "Medication/elsewhere"}}
    facts = facts_of(prescription("m", None, **{**elsewhere, **elements}), there)
    told = LeftOut("MedicationRequest/m", "a prescription that names no drug")
    assert facts.left_out == (() if named else (told,))


def test_a_request_that_names_no_drug_is_passed_over() -> None:
    assert facts_of(prescription("m", None)).prescriptions == {}


def test_the_shape_of_r5_is_read_too() -> None:
    assert taken(facts_of(prescription("m", None, medication={"concept": coded(DIGOXIN)})))


@pytest.mark.parametrize(
    "elements",
    [
        {"doNotPerform": True},
        {"status": "entered-in-error"},
        {"status": "cancelled"},
        {"status": "draft"},
        {"intent": "proposal"},
        {"intent": "plan"},
    ],
)
def test_what_was_never_given_does_not_count(elements: dict[str, Any]) -> None:
    assert taken(facts_of(prescription("m", coded(DIGOXIN), **elements))) == []


@pytest.mark.parametrize("intent", ["plan", "proposal"])
@pytest.mark.parametrize(
    "told", [{"reportedBoolean": True}, {"reportedReference": {"reference": "Practitioner/1"}}, {"reported": True}]
)
def test_what_is_reported_to_be_taken_at_home_counts_though_nobody_here_ordered_it(intent: str, told: Json) -> None:
    assert taken(facts_of(prescription("m", coded(DIGOXIN), intent=intent, **told)))


@pytest.mark.parametrize("intent", ["plan", "proposal"])
def test_a_plan_that_is_not_reported_does_not_count(intent: str) -> None:
    assert taken(facts_of(prescription("m", coded(DIGOXIN), intent=intent, reportedBoolean=False))) == []


def test_a_reported_drug_that_was_cancelled_does_not_count() -> None:
    drug = prescription("m", coded(DIGOXIN), intent="plan", status="cancelled", reportedBoolean=True)
    assert taken(facts_of(drug)) == []


@pytest.mark.parametrize(
    ("status", "current"), [("active", True), ("on-hold", True), ("stopped", False), ("completed", False)]
)
def test_what_was_stopped_is_known_and_not_current(status: str, current: bool) -> None:
    assert [one.current for one in taken(facts_of(prescription("m", coded(DIGOXIN), status=status)))] == [current]


def test_a_start_in_the_future_is_no_start() -> None:
    (one,) = taken(facts_of(prescription("m", coded(DIGOXIN), authoredOn=days_ago(-5))))
    assert one.authored is None
    assert one.age.within(timedelta(days=90)) is None
