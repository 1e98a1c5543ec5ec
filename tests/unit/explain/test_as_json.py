"""An explanation for machines says dates as the chart wrote them, and how old things are."""

from __future__ import annotations

import json

from app.explain.as_json import explain_as_json
from tests.support.cards import knowing, toy
from tests.support.charts import Json, chart_of, days_ago, evaluated, foot_drop, potassium


def explained(*resources: Json) -> Json:
    read: Json = json.loads(explain_as_json(evaluated(chart_of(list(resources)), knowing(toy("card")), "Encounter/e1")))
    return read


def test_a_fact_has_its_date_as_written_and_its_age_in_days() -> None:
    facts = explained(foot_drop(), potassium(3.1, effectiveDateTime=days_ago(2)))["facts"]
    (finding,), (lab,) = facts["findings"], facts["labs"]
    assert finding["onset"] == days_ago(3)
    assert finding["age"] == {"leastDays": 3.0, "mostDays": 3.0}
    assert finding["recorded"] is None
    assert finding["recorded_age"] == {"leastDays": 0.0, "mostDays": None}
    assert lab["when"] == days_ago(2)
    assert lab["age"] == {"leastDays": 2.0, "mostDays": 2.0}


def test_the_weakness_has_the_facts_that_it_was_seen_by() -> None:
    explanation = explained(foot_drop())
    (trigger,) = explanation["weakness"]["triggers"]
    assert trigger["finding"] == explanation["facts"]["findings"][0]
    assert explanation["weakness"]["promotedBy"] == []


def test_a_chart_without_weakness_has_none() -> None:
    assert explained(potassium(3.1))["weakness"] is None


def test_names_stand_in_the_order_of_the_alphabet() -> None:
    names = explained(foot_drop())["facts"]["findings"][0]["names"]
    assert names == sorted(names)
