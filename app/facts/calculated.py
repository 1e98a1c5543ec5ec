"""Labs that are calculated from others, such as osmolarity from sodium, potassium, glucose and urea."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from app.facts.model import LabResult
from app.facts.newest import newest_first
from app.knowledge.vocabulary import Calculation, Term, Vocabulary

Results = Mapping[str, tuple[LabResult, ...]]


def calculate_lab(name: str, labs: Results, vocabulary: Vocabulary) -> LabResult | None:
    """The result of a calculated lab whose parts were measured together; it is as old as its oldest part."""
    entry = vocabulary.labs[name]
    parts = _parts(entry.calculated, labs) if entry.calculated else []
    if entry.calculated is None or len(parts) != len(entry.calculated.terms):
        return None
    value = _value(entry.calculated, parts, vocabulary)
    if value is None:
        return None
    oldest = max(parts, key=lambda result: result.age.least)
    return replace(oldest, lab=name, value=value, unit=entry.unit, lower_limit=None, upper_limit=None)


def _parts(calculation: Calculation, labs: Results) -> list[LabResult]:
    """The newest result for each term; none at all when they are too far apart or one is not exact."""
    found = [_newest(term, labs) for term in calculation.terms]
    exact = [one for one in found if one and not one.comparator]
    ages = [one.age.least for one in exact]
    return exact if ages and max(ages) - min(ages) <= calculation.together.time else []


def _newest(term: Term, labs: Results) -> LabResult | None:
    there = [series[0] for name in term.labs if (series := labs.get(name))]
    return next(iter(newest_first(there)), None)


def _value(calculation: Calculation, parts: list[LabResult], vocabulary: Vocabulary) -> float | None:
    """The number, to one decimal; None for a division by nothing."""
    amounts = [_amount(one, term, vocabulary) for one, term in zip(parts, calculation.terms, strict=True)]
    if calculation.ratio:
        return round(amounts[0] / amounts[1], 1) if amounts[1] else None
    return round(sum(amounts) + calculation.constant, 1)


def _amount(result: LabResult, term: Term, vocabulary: Vocabulary) -> float:
    return term.factor * vocabulary.labs[result.lab].convert(result.value, result.unit, term.unit)
