"""A laboratory value against a threshold, in the unit that the source prints (decisions 11 and 12)."""

from __future__ import annotations

from app.facts.model import LabResult
from app.knowledge.signal import Cut
from app.knowledge.vocabulary import LabEntry, Linear
from app.reasoning.truth import Truth, negate

_DIGITS = 6
"""Converted values are compared to so many decimals, so that floating point never decides a threshold."""


def is_below(result: LabResult, cut: Cut, lab: LabEntry) -> Truth:
    """Whether the true value lies below the threshold; None when the comparator leaves both open."""
    value, limit = _in_one_unit(result, cut, lab)
    match result.comparator:
        case "<":
            return True if value <= limit else None
        case "<=":
            return True if value < limit else None
        case ">" | ">=":
            return False if value >= limit else None
        case _:
            return value < limit


def is_above(result: LabResult, cut: Cut, lab: LabEntry) -> Truth:
    """Whether the true value lies above the threshold; None when the comparator leaves both open."""
    value, limit = _in_one_unit(result, cut, lab)
    match result.comparator:
        case ">":
            return True if value >= limit else None
        case ">=":
            return True if value > limit else None
        case "<" | "<=":
            return False if value <= limit else None
        case _:
            return value > limit


def is_at_least(result: LabResult, cut: Cut, lab: LabEntry) -> Truth:
    """Whether the true value reaches the threshold."""
    return negate(is_below(result, cut, lab))


def cut_unit(result: LabResult, cut: Cut, lab: LabEntry) -> str:
    """The unit of the threshold that applies: the reported one where it is printed, or one that means the same."""
    if result.unit in cut:
        return result.unit
    same = [unit for unit in cut if lab.conversion(unit) == lab.conversion(result.unit)]
    return same[0] if same else next(iter(cut))


def converted(result: LabResult, unit: str, lab: LabEntry) -> float:
    """The value in another unit of the lab."""
    return round(lab.convert(result.value, result.unit, unit), _DIGITS)


def _in_one_unit(result: LabResult, cut: Cut, lab: LabEntry) -> tuple[float, float]:
    unit = cut_unit(result, cut, lab)
    reported, printed = lab.conversion(result.unit), lab.conversion(unit)
    if reported == printed:
        return result.value, cut[unit]
    return _canonical(result.value, reported), _canonical(cut[unit], printed)


def _canonical(value: float, conversion: Linear) -> float:
    return round(value * conversion.factor + conversion.offset, _DIGITS)
