"""A value against a threshold (decisions 11 and 12)."""

from __future__ import annotations

import operator
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.facts.model import LabResult
from app.facts.moment import Age, parse_moment
from app.reasoning.threshold import converted, is_above, is_at_least, is_below
from app.reasoning.truth import Truth, negate
from tests.support.charts import days_ago, knowledge

LABS = knowledge().vocabulary.labs
B12 = {"pg/mL": 180.0, "pmol/L": 133.0}
B12_HIGH = {"pg/mL": 350.0, "pmol/L": 258.0}


def result(lab: str, value: float, unit: str, comparator: str = "") -> LabResult:
    when = parse_moment(days_ago(1))
    assert when is not None
    return LabResult(lab, "Observation/x", value, unit, when, Age(), comparator)


UNITS = st.sampled_from([(name, unit) for name, lab in LABS.items() for unit in lab.units])
VALUES = st.integers(1, 200000).map(lambda thousandths: thousandths / 1000)


@pytest.mark.parametrize(
    ("lab", "cut", "value", "unit", "below"),
    [
        ("vitamin-b12", B12, 179.9, "pg/mL", True),
        ("vitamin-b12", B12, 180, "pg/mL", False),
        ("vitamin-b12", B12, 132.9, "pmol/L", True),
        ("vitamin-b12", B12, 133, "pmol/L", False),
        ("vitamin-b12", B12, 179.9, "ng/L", True),
        ("vitamin-b12", B12, 180, "ng/L", False),
        ("magnesium", {"mg/dL": 1.70, "meq/L": 1.40, "mmol/L": 0.70}, 1.69, "mg/dL", True),
        ("magnesium", {"mg/dL": 1.70, "meq/L": 1.40, "mmol/L": 0.70}, 1.70, "mg/dL", False),
        ("magnesium", {"mg/dL": 1.70, "meq/L": 1.40, "mmol/L": 0.70}, 1.40, "meq/L", False),
        ("magnesium", {"mg/dL": 1.70, "meq/L": 1.40, "mmol/L": 0.70}, 0.70, "mmol/L", False),
        ("glucose", {"mg/dL": 126, "mmol/L": 7.0}, 7.0, "mmol/L", False),
        ("glucose", {"mg/dL": 126, "mmol/L": 7.0}, 126, "mg/dL", False),
        ("glucose", {"mg/dL": 126, "mmol/L": 7.0}, 125.9, "mg/dL", True),
        ("hba1c", {"%": 6.5, "mmol/mol": 48}, 48, "mmol/mol", False),
        ("hba1c", {"%": 6.5, "mmol/mol": 48}, 47.9, "mmol/mol", True),
        ("potassium", {"mmol/L": 3.0}, 3.0, "meq/L", False),
        ("potassium", {"mmol/L": 3.0}, 2.999, "meq/L", True),
    ],
)
def test_the_cut_is_the_one_printed_in_the_unit_reported(
    lab: str, cut: dict[str, float], value: float, unit: str, below: bool
) -> None:
    assert is_below(result(lab, value, unit), cut, LABS[lab]) is below
    assert is_at_least(result(lab, value, unit), cut, LABS[lab]) is not below


def test_what_no_source_prints_is_converted() -> None:
    assert is_below(result("magnesium", 1.3, "meq/L"), {"mmol/L": 0.70}, LABS["magnesium"]) is True
    assert is_below(result("magnesium", 1.4, "meq/L"), {"mmol/L": 0.70}, LABS["magnesium"]) is False


def test_a_converted_value_has_no_error_of_floating_point() -> None:
    # 1000 times 32.3 is 32299.999999999996 to the machine, and would be cut to 32299.99 on the card
    assert converted(result("methylmalonate", 32.3, "umol/L"), "nmol/L", LABS["methylmalonate"]) == 32300


@pytest.mark.parametrize(
    ("comparator", "value", "deficient", "indeterminate"),
    [
        ("<", 150, True, True),
        ("<", 180, True, True),
        ("<=", 180, None, True),
        ("<", 200, None, True),
        ("<", 400, None, None),
        (">", 150, None, None),
        (">", 180, False, None),
        (">=", 180, False, None),
        (">", 2000, False, False),
    ],
)
def test_a_comparator_decides_each_cut_by_itself(
    comparator: str, value: float, deficient: Truth, indeterminate: Truth
) -> None:
    b12 = result("vitamin-b12", value, "pg/mL", comparator)
    assert is_below(b12, B12, LABS["vitamin-b12"]) is deficient
    assert is_below(b12, B12_HIGH, LABS["vitamin-b12"]) is indeterminate


HOLDS: dict[str, Callable[[float, float], bool]] = {
    "": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@given(UNITS, VALUES, VALUES, st.sampled_from(sorted(HOLDS)), VALUES)
def test_no_true_value_contradicts_an_answer(
    lab_unit: tuple[str, str], said: float, cut: float, comparator: str, true: float
) -> None:
    lab, unit = lab_unit
    if HOLDS[comparator](true, said):
        reported = result(lab, said, unit, comparator)
        assert is_below(reported, {unit: cut}, LABS[lab]) in (None, true < cut)
        assert is_above(reported, {unit: cut}, LABS[lab]) in (None, true > cut)
        assert is_at_least(reported, {unit: cut}, LABS[lab]) in (None, true >= cut)


@given(UNITS, VALUES, VALUES)
def test_an_exact_value_is_always_decided(lab_unit: tuple[str, str], value: float, cut: float) -> None:
    lab, unit = lab_unit
    reported = result(lab, value, unit)
    assert is_below(reported, {unit: cut}, LABS[lab]) is (value < cut)
    assert is_above(reported, {unit: cut}, LABS[lab]) is (value > cut)


@given(UNITS, VALUES, st.sampled_from(["", "<", "<=", ">", ">="]), VALUES)
def test_at_least_is_not_below(lab_unit: tuple[str, str], value: float, comparator: str, cut: float) -> None:
    lab, unit = lab_unit
    reported = result(lab, value, unit, comparator)
    assert is_at_least(reported, {unit: cut}, LABS[lab]) is negate(is_below(reported, {unit: cut}, LABS[lab]))


@given(st.sampled_from(sorted(LABS)), st.data(), VALUES)
def test_a_value_and_its_conversion_fall_on_the_same_side(lab: str, data: st.DataObject, canonical: float) -> None:
    entry = LABS[lab]
    unit = data.draw(st.sampled_from(sorted(entry.units)))
    conversion = entry.conversion(unit)
    reported = (canonical * 1.01 - conversion.offset) / conversion.factor
    assert is_above(result(lab, reported, unit), {entry.unit: canonical}, entry) is True
    reported = (canonical * 0.99 - conversion.offset) / conversion.factor
    assert is_below(result(lab, reported, unit), {entry.unit: canonical}, entry) is True
