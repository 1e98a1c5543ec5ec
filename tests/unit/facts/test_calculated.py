"""Labs made of other labs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from app.facts.calculated import calculate_lab
from app.facts.model import LabResult
from app.knowledge.vocabulary import LabEntry, Vocabulary
from tests.support.charts import LOINC, Json, concept, days_ago, facts_of, knowledge, observation

SODIUM, POTASSIUM, GLUCOSE, BUN, CREATININE = "2951-2", "2823-3", "2345-7", "3094-0", "2160-0"


def entry(**calculated: Any) -> LabEntry:
    data = {"label": "Calculated", "unit": "mmol/L", "units": {"mmol/L": 1}}
    return LabEntry.model_validate_json(json.dumps({**data, "calculated": {"together": "24 hours", **calculated}}))


OSMOLARITY = entry(
    terms=(
        {"labs": ("sodium",), "unit": "mmol/L", "factor": 1.86},
        {"labs": ("potassium",), "unit": "mmol/L", "factor": 1.86},
        {"labs": ("glucose",), "unit": "mmol/L", "factor": 1.15},
        {"labs": ("urea", "bun"), "unit": "mmol/L"},
    ),
    constant=14.0,
)
RATIO = entry(
    terms=({"labs": ("bun",), "unit": "mg/dL"}, {"labs": ("creatinine",), "unit": "mg/dL"}),
    ratio=True,
)


def lab(code: str, value: float, unit: str, when: float = 0.1, **elements: Any) -> Json:
    quantity = {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit, **elements}
    return observation(code, concept(None, (LOINC, code)), valueQuantity=quantity, effectiveDateTime=days_ago(when))


def calculated(made: LabEntry, *labs: Json) -> list[LabResult]:
    vocabulary = knowledge().vocabulary
    plain = {name: one for name, one in vocabulary.labs.items() if one.calculated is None}
    wider: Vocabulary = vocabulary.model_copy(update={"labs": {**plain, "made": made}})
    measured: Mapping[str, tuple[LabResult, ...]] = facts_of(*labs).labs
    made_of_them = calculate_lab("made", measured, wider)
    return [made_of_them] if made_of_them else []


def test_osmolarity_is_the_formula_of_espen() -> None:
    # 1.86 x (140 + 4) + 1.15 x (90 x 0.0555) + 14 x 0.357 + 14 = 267.84 + 5.744 + 4.998 + 14
    made = calculated(
        OSMOLARITY,
        lab(SODIUM, 140, "mmol/L"),
        lab(POTASSIUM, 4, "mmol/L"),
        lab(GLUCOSE, 90, "mg/dL"),
        lab(BUN, 14, "mg/dL"),
    )
    assert [one.value for one in made] == [pytest.approx(292.6)]


def test_the_ratio_of_urea_nitrogen_to_creatinine_is_taken_in_one_unit() -> None:
    made = calculated(RATIO, lab(BUN, 10.71, "mmol/L"), lab(CREATININE, 88.4, "umol/L"))
    assert [one.value for one in made] == [pytest.approx(30.0)]


def test_nothing_is_made_when_a_part_is_missing() -> None:
    assert calculated(RATIO, lab(BUN, 30, "mg/dL")) == []


def test_nothing_is_made_of_samples_that_are_days_apart() -> None:
    assert calculated(RATIO, lab(BUN, 30, "mg/dL", when=0.1), lab(CREATININE, 1, "mg/dL", when=3)) == []


def test_nothing_is_made_of_a_part_with_a_comparator() -> None:
    assert calculated(RATIO, lab(BUN, 30, "mg/dL"), lab(CREATININE, 1, "mg/dL", comparator="<")) == []


def test_what_is_made_is_as_old_as_its_oldest_part() -> None:
    made = calculated(RATIO, lab(BUN, 30, "mg/dL", when=0.1), lab(CREATININE, 1, "mg/dL", when=0.9))
    assert [one.when.text for one in made] == [days_ago(0.9)]


def test_a_division_by_nothing_is_nothing() -> None:
    assert calculated(RATIO, lab(BUN, 30, "mg/dL"), lab(CREATININE, 0, "mg/dL")) == []
