"""What the cases of a card must cover: every kind of case, and every threshold on both sides in every unit."""

from __future__ import annotations

from collections.abc import Iterator

from app.cases.facts import LabCase
from app.cases.schema import REQUIRED_KINDS, Case, CasesFile
from app.knowledge.card import Card
from app.knowledge.signal import LabSignal
from app.knowledge.vocabulary import LabEntry, Vocabulary

_NEAR = 0.05  # how close to a threshold, as a share of it, a case must come on either side
_AT = 0.006  # what rounding to the digits that laboratories report may move it


def missing_cases(file: CasesFile, card: Card, vocabulary: Vocabulary) -> Iterator[str]:
    """What has no case yet."""
    cases = file.all_cases()
    for kind in REQUIRED_KINDS:
        if not any(case.kind == kind for case in cases):
            yield f"no case of kind `{kind}`"
    for name, signal in card.signals.items():
        # A calculated lab has no value of its own to set; its cases set the labs it is made of.
        if isinstance(signal, LabSignal) and not vocabulary.labs[signal.lab].calculated:
            yield from _missing_values(name, signal, vocabulary.labs[signal.lab], cases)


def _missing_values(name: str, signal: LabSignal, lab: LabEntry, cases: list[Case]) -> Iterator[str]:
    values = _values_by_unit(signal.lab, cases)
    for cut in (signal.below, signal.at_least, signal.above):
        for unit in lab.units if cut else ():
            limit = _in_unit(cut or {}, unit, lab)
            for side, is_there in _sides(values.get(unit, []), limit, exact=unit in (cut or {})).items():
                if not is_there:
                    yield f"signal `{name}`: no case {side} {limit:.4g} {unit}"


def _values_by_unit(lab: str, cases: list[Case]) -> dict[str, list[float]]:
    values: dict[str, list[float]] = {}
    for case in cases:
        for fact in case.chart:
            if isinstance(fact, LabCase) and fact.lab == lab and fact.unit and not fact.comparator:
                values.setdefault(fact.unit, []).append(fact.value)
    return values


def _in_unit(cut: dict[str, float], unit: str, lab: LabEntry) -> float:
    """The threshold in a unit that the source may not print."""
    if unit in cut:
        return cut[unit]
    printed = next(iter(cut))
    return lab.convert(cut[printed], printed, unit)


def _sides(values: list[float], limit: float, *, exact: bool) -> dict[str, bool]:
    slack = 0.0 if exact else limit * _AT
    return {
        "just below": any(limit * (1 - _NEAR) <= value < limit for value in values),
        "at": any(abs(value - limit) <= slack for value in values),
        "just above": any(limit < value <= limit * (1 + _NEAR) for value in values),
    }
