"""How much is read: what is asked for, and of each resource no more than that."""

from __future__ import annotations

import pytest

from app.facts.labs import read_result
from app.facts.model import LabResult
from app.facts.moment import parse_moment
from tests.support.charts import Json, concept, condition, days_ago, facts_of, foot_drop, knowledge, potassium
from tests.unit.facts.test_calculated import SODIUM, lab


class Counter:
    """Calls a function, and counts."""

    def __init__(self, function: object) -> None:
        self.function, self.calls = function, 0

    def __call__(self, *args: object) -> object:
        self.calls += 1
        assert callable(self.function)
        return self.function(*args)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Counter:
    counter = Counter(read_result)
    monkeypatch.setattr("app.facts.results.read_result", counter)
    return counter


def history(count: int) -> list[Json]:
    return [potassium(4.0, name=f"k{n}", effectiveDateTime=days_ago(n)) for n in range(count)]


def test_a_lab_is_read_when_it_is_asked_for_and_once(read: Counter) -> None:
    facts = facts_of(foot_drop(), *history(5), lab(SODIUM, 140, "mmol/L"))
    assert read.calls == 0
    assert len(facts.labs["potassium"]) == 5
    assert facts.labs.get("potassium") == facts.labs["potassium"]
    assert read.calls == 5


def test_labs_that_are_not_there_are_not_there() -> None:
    facts = facts_of(foot_drop())
    assert facts.labs.get("potassium") is None
    assert "potassium" not in facts.labs
    with pytest.raises(KeyError):
        facts.labs["potassium"]


def test_candidates_are_told_without_reading(read: Counter) -> None:
    facts = facts_of(foot_drop(), *history(2))
    assert set(facts.labs.candidates()) == {"potassium"}
    assert read.calls == 0


def test_every_lab_with_results_is_a_candidate() -> None:
    codes = {"2951-2": "mmol/L", "2823-3": "mmol/L", "2345-7": "mg/dL", "3094-0": "mg/dL", "2160-0": "mg/dL"}
    facts = facts_of(*(lab(code, 90, unit) for code, unit in codes.items()))
    assert set(facts.labs) <= set(facts.labs.candidates())
    assert set(knowledge().index.calculated) <= set(facts.labs)


def test_a_date_that_many_results_share_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = Counter(parse_moment)
    monkeypatch.setattr("app.facts.context.parse_moment", counter)
    panel = [potassium(4.0, name=f"k{n}", effectiveDateTime=days_ago(1)) for n in range(50)]
    facts_of(*panel)
    assert counter.calls == 1


@pytest.mark.parametrize("count", [10, 100, 1000])
def test_no_date_is_read_twice_however_long_the_history(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    counter = Counter(parse_moment)
    monkeypatch.setattr("app.facts.context.parse_moment", counter)
    facts_of(condition("c", concept("Hypertension")), *history(count))
    assert counter.calls == count


def test_results_come_newest_first_in_whatever_order_the_chart_has_them() -> None:
    told: tuple[LabResult, ...] = facts_of(*reversed(history(4))).labs["potassium"]
    assert [one.reference for one in told] == [f"Observation/k{n}" for n in range(4)]
