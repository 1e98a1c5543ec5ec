"""Laboratory values: what cannot be read with certainty is left out and named."""

from __future__ import annotations

from typing import Any

import pytest

from app.facts.model import LabResult, PatientFacts
from tests.support.charts import (
    LOINC,
    POTASSIUM,
    UCUM,
    Json,
    concept,
    days_ago,
    facts_of,
    observation,
    potassium,
)


def values(facts: PatientFacts, lab: str = "potassium") -> list[LabResult]:
    return list(facts.labs.get(lab, ()))


def reasons(facts: PatientFacts) -> list[str]:
    return [one.reason for one in facts.left_out]


def lab(code: str, **elements: Any) -> Json:
    return observation("lab", concept(None, (LOINC, code)), **elements)


def test_a_final_value_in_a_known_unit_is_read() -> None:
    (result,) = values(facts_of(potassium(2.9)))
    assert (result.value, result.unit, result.comparator, result.reference) == (2.9, "mmol/L", "", "Observation/k")
    assert result.when.text == days_ago(1)
    assert result.age.least.days == 1


@pytest.mark.parametrize(("value", "read"), [(0, [0]), (-1, [])])
def test_nothing_is_below_zero_and_some_can_be_zero(value: float, read: list[float]) -> None:
    crp = lab("1988-5", valueQuantity={"value": value, "unit": "mg/L", "system": UCUM, "code": "mg/L"})
    assert [one.value for one in values(facts_of(crp), "crp")] == read


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (potassium(4.0, unit="g/dL"), "unit"),
        (potassium(-0.2, unit="g/dL"), "unit"),
        (potassium(-0.2), "no possible value"),
        (potassium(0), "no possible value"),
        (potassium(5.1, unit=None), "no unit"),
        (potassium(4.0, status="preliminary"), "preliminary"),
        (potassium(4.0, status="entered-in-error"), "status"),
        (potassium(4.0, status="cancelled"), "cancelled"),
        (potassium(4.0, status="registered"), "registered"),
        (potassium(4.0, effectiveDateTime=None), "no effective date"),
        (potassium(4.0, effectiveDateTime=None, issued=days_ago(1)), "no effective date"),
        (potassium(4.0, effectiveDateTime="soon"), "no effective date"),
        (potassium(4.0, effectiveDateTime=days_ago(-1)), "future"),
        (potassium(4.0, valueQuantity=None, valueString="Blank"), "text"),
        (potassium(4.0, valueQuantity=None, valueString="4.0"), "text"),
        (potassium(4.0, valueQuantity=None), "no value"),
        (potassium(4.0, valueQuantity={"unit": "mmol/L"}), "no value"),
        (potassium(4.0, valueQuantity={"value": 4, "unit": "mmol/L", "comparator": "~"}), "comparator"),
    ],
)
def test_what_is_not_certain_is_left_out_and_named(resource: Json, reason: str) -> None:
    facts = facts_of(resource)
    assert values(facts) == []
    (left_out,) = facts.left_out
    assert left_out.reference == "Observation/k"
    assert reason in left_out.reason


@pytest.mark.parametrize("status", ["final", "amended", "corrected"])
def test_final_amended_and_corrected_values_count(status: str) -> None:
    assert len(values(facts_of(potassium(4.0, status=status)))) == 1


def test_a_fast_clock_is_not_the_future() -> None:
    assert len(values(facts_of(potassium(4.0, effectiveDateTime=days_ago(-9 / 1440))))) == 1


def test_milliequivalents_without_a_system_are_understood() -> None:
    (result,) = values(facts_of(potassium(4.0, valueQuantity={"value": 4, "unit": "mEq/L"})))
    assert result.unit == "meq/L"


def test_the_ucum_code_decides_against_the_unit_text() -> None:
    quantity = {"value": 90, "unit": "mcmol/L", "system": UCUM, "code": "umol/L"}
    (result,) = values(facts_of(lab("2160-0", valueQuantity=quantity)), "creatinine")
    assert (result.value, result.unit) == (90, "umol/L")


def test_ucum_is_known_by_its_oid() -> None:
    quantity = {"value": 90, "unit": "micromoles", "system": "urn:oid:2.16.840.1.113883.6.8", "code": "umol/L"}
    (result,) = values(facts_of(lab("2160-0", valueQuantity=quantity)), "creatinine")
    assert (result.value, result.unit) == (90, "umol/L")


def test_an_empty_code_leaves_the_unit_to_its_text() -> None:
    quantity = {"value": 4, "unit": "mmol/L", "system": UCUM, "code": ""}
    assert [one.unit for one in values(facts_of(potassium(4, valueQuantity=quantity)))] == ["mmol/L"]


def test_a_code_of_a_local_system_does_not_decide_the_unit() -> None:
    quantity = {"value": 4, "unit": "mmol/L", "system": "urn:local", "code": "MM"}
    assert [one.unit for one in values(facts_of(potassium(4, valueQuantity=quantity)))] == ["mmol/L"]


def test_hba1c_without_a_unit_is_left_out() -> None:
    facts = facts_of(lab("4548-4", valueQuantity={"value": 5.1}))
    assert values(facts, "hba1c") == []
    assert reasons(facts) == ["hba1c: no unit"]


def test_a_panel_is_read_component_by_component_at_its_own_time() -> None:
    panel = observation(
        "panel",
        concept("Electrolytes"),
        component=[
            {"code": concept(None, (LOINC, POTASSIUM)), "valueQuantity": {"value": 3, "unit": "mmol/L"}},
            {"code": concept(None, (LOINC, "2951-2")), "valueQuantity": {"value": 128, "unit": "mmol/L"}},
            {"code": concept("note"), "valueString": "fasting"},
        ],
    )
    facts = facts_of(panel)
    assert [one.value for one in values(facts)] == [3]
    assert [(one.value, one.when.text) for one in values(facts, "sodium")] == [(128, days_ago(1))]


def test_a_bad_component_does_not_take_the_others_with_it() -> None:
    panel = observation(
        "panel",
        concept("Electrolytes"),
        component=[
            {"code": concept(None, (LOINC, POTASSIUM)), "valueString": "Blank"},
            {"code": concept(None, (LOINC, "2951-2")), "valueQuantity": {"value": 128, "unit": "mmol/L"}},
        ],
    )
    facts = facts_of(panel)
    assert values(facts) == []
    assert len(values(facts, "sodium")) == 1
    assert reasons(facts) == ["potassium: the value is text, not a quantity"]


def test_the_same_number_under_another_code_system_is_another_code() -> None:
    resource = observation("x", concept(None, ("urn:local", POTASSIUM)), valueQuantity={"value": 2, "unit": "mmol/L"})
    assert facts_of(resource).labs == {}


def test_loinc_by_its_oid_is_loinc() -> None:
    code = concept(None, ("urn:oid:2.16.840.1.113883.6.1", POTASSIUM))
    assert len(values(facts_of(observation("x", code, valueQuantity={"value": 2, "unit": "mmol/L"})))) == 1


def test_the_newest_value_comes_first_whatever_the_order_of_the_chart() -> None:
    old, new = (
        potassium(2.0, "old", effectiveDateTime=days_ago(5)),
        potassium(4.0, "new", effectiveDateTime=days_ago(1)),
    )
    assert [one.value for one in values(facts_of(old, new))] == [4.0, 2.0]
    assert [one.value for one in values(facts_of(new, old))] == [4.0, 2.0]


def test_values_of_one_instant_come_in_one_order_however_their_time_is_written() -> None:
    one = potassium(2.0, "a", effectiveDateTime="2026-11-20T10:00:00Z")
    other = potassium(4.0, "b", effectiveDateTime="2026-11-20T11:00:00+01:00")
    assert [result.value for result in values(facts_of(one, other))] == [
        result.value for result in values(facts_of(other, one))
    ]


@pytest.mark.parametrize(
    ("period", "when"),
    [({"start": days_ago(3), "end": days_ago(2)}, days_ago(2)), ({"start": days_ago(3)}, days_ago(3))],
)
def test_the_end_of_a_period_is_when_it_was_measured_or_its_start_where_it_has_no_end(period: Json, when: str) -> None:
    (result,) = values(facts_of(potassium(4.0, effectiveDateTime=None, effectivePeriod=period)))
    assert result.when.text == when


@pytest.mark.parametrize("comparator", ["<", "<=", ">", ">="])
def test_a_comparator_is_kept(comparator: str) -> None:
    quantity = {"value": 4, "unit": "mmol/L", "comparator": comparator}
    assert [one.comparator for one in values(facts_of(potassium(4, valueQuantity=quantity)))] == [comparator]


@pytest.mark.parametrize(
    ("said", "haemolysed"),
    [
        ({"note": [{"text": "Specimen slightly hemolyzed."}]}, True),
        ({"note": [{"text": "HAEMOLYSED SAMPLE"}]}, True),
        ({"interpretation": [{"text": "Haemolysis present"}]}, True),
        ({"interpretation": [{"coding": [{"display": "Hemolysis"}]}]}, True),
        ({"note": [{"text": "No haemolysis"}]}, False),
        ({"note": [{"text": "not haemolysed"}]}, False),
        ({"note": [{"text": "Sample negative for hemolysis"}]}, False),
        ({"note": [{"text": "Haemolysis: none"}]}, False),
        ({"note": [{"text": "Hemolysis: absent"}]}, False),
        ({"note": [{"text": "non-haemolysed sample"}]}, False),
        ({"note": [{"text": "Lipaemic"}]}, False),
        ({"note": [{"text": "Hemolysis index: 0"}]}, False),
        ({"note": [{"text": "Hemolysis: 0"}]}, False),
        ({"note": [{"text": "Hemolysis may falsely elevate potassium"}]}, False),
        ({"note": [{"text": "Specimen checked for hemolysis"}]}, False),
        ({"note": [{"text": "Hemolyzed specimen, potassium may be elevated"}]}, True),
        ({"note": [{"text": "HEMOLYZED SPECIMEN RESULT MAY BE INACCURATE"}]}, True),
        ({"note": [{"text": "Potassium may be falsely elevated due to hemolysis"}]}, True),
        ({"note": [{"text": "Hemolysis index: moderate hemolysis"}]}, True),
        ({}, False),
    ],
)
def test_haemolysis_is_read_from_notes_and_interpretations(said: Json, haemolysed: bool) -> None:
    (result,) = values(facts_of(potassium(6.1, **said)))
    assert result.haemolysed is haemolysed


@pytest.mark.parametrize(
    ("ranges", "limit"),
    [
        ([{"high": {"value": 200, "unit": "U/L"}}], 200),
        ([{"high": {"value": 200}}], 200),
        ([{"high": {"value": 3, "unit": "ukat/L"}}], None),
        ([{"high": {"value": 200, "unit": "furlong"}}], None),
        ([{"low": {"value": 20, "unit": "U/L"}}], None),
        ([{"high": {"value": 170, "unit": "U/L"}}, {"high": {"value": 200, "unit": "U/L"}}], None),
        ([], None),
    ],
)
def test_the_laboratorys_limit_counts_when_it_is_one_and_in_the_unit_of_the_value(
    ranges: list[Json], limit: float | None
) -> None:
    resource = lab("2157-6", valueQuantity={"value": 900, "unit": "U/L"}, referenceRange=ranges)
    (result,) = values(facts_of(resource), "creatine-kinase")
    assert result.upper_limit == limit


def test_an_observation_that_is_no_known_lab_is_passed_over_in_silence() -> None:
    facts = facts_of(lab("8867-4", valueQuantity={"value": 72, "unit": "/min"}))
    assert facts.labs == {}
    assert facts.left_out == ()
