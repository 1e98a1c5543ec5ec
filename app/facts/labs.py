"""Observations to laboratory values. Whatever cannot be read with certainty is left out and named, never guessed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from app.chart.decode import LeftOut, reference_of
from app.chart.resources import CodeableConcept, Component, Observation, Quantity, ReferenceRange
from app.facts.context import Reading, words_of
from app.facts.dates import COUNTED, observed_at
from app.facts.model import LabResult
from app.facts.moment import Moment, age_of
from app.knowledge.systems import LOINC, UCUM, canonical_system
from app.knowledge.vocabulary import Vocabulary

_COMPARATORS = frozenset({"", "<", "<=", ">", ">="})
Part = Observation | Component


def read_labs(observation: Observation, reading: Reading) -> Iterator[LabResult | LeftOut]:
    """The values of one Observation and of its components that the vocabulary knows by LOINC code."""
    parts: tuple[Part, ...] = (observation, *observation.component)
    for part in parts:
        lab = _lab_of(part.code, reading)
        if lab:
            try:
                yield _result(lab, part, observation, reading)
            except _Unusable as reason:
                yield LeftOut(reference_of(observation), f"{lab}: {reason}", lab)


class _Unusable(Exception):
    """Why a value cannot be used."""


def _lab_of(code: CodeableConcept, reading: Reading) -> str | None:
    labs = reading.lexicon.knowledge.index.labs
    for coding in code.coding:
        if coding.code and coding.code in labs and canonical_system(coding.system) == LOINC:
            return labs[coding.code]
    return None


def _result(lab: str, part: Part, observation: Observation, reading: Reading) -> LabResult:
    when = _usable_time(observation, reading)
    quantity = _usable_quantity(part)
    unit = _usable_unit(lab, quantity, reading.lexicon.knowledge.vocabulary)
    return LabResult(
        lab=lab,
        reference=reference_of(observation),
        value=quantity.value or 0.0,
        unit=unit,
        when=when,
        age=age_of(when, reading.now),
        comparator=quantity.comparator or "",
        lower_limit=_limit("low", lab, part.referenceRange, unit, reading.lexicon.knowledge.vocabulary),
        upper_limit=_limit("high", lab, part.referenceRange, unit, reading.lexicon.knowledge.vocabulary),
        haemolysed=_is_haemolysed(part, observation, reading),
    )


def _usable_time(observation: Observation, reading: Reading) -> Moment:
    if observation.status not in COUNTED:
        raise _Unusable(f"status is {observation.status if observation.status.isalpha() else 'not final'}")
    when = observed_at(observation)
    if when is None:
        raise _Unusable("no effective date")
    if reading.is_future(when):
        raise _Unusable("dated in the future")
    return when


def _usable_quantity(part: Part) -> Quantity:
    quantity = part.valueQuantity
    if quantity is None:
        is_text = part.valueString is not None or part.valueCodeableConcept is not None
        raise _Unusable("the value is text, not a quantity" if is_text else "no value")
    if quantity.value is None:
        raise _Unusable("no value")
    if (quantity.comparator or "") not in _COMPARATORS:
        raise _Unusable("a comparator that is not known")
    return quantity


def _usable_unit(lab: str, quantity: Quantity, vocabulary: Vocabulary) -> str:
    """The code decides when it is UCUM; otherwise the unit text does. A missing unit is never guessed."""
    has_ucum = quantity.code is not None and canonical_system(quantity.system) in (UCUM, None)
    written = quantity.code if has_ucum else quantity.unit
    if not written:
        raise _Unusable("no unit")
    unit = vocabulary.unit_aliases.get(written, written)
    if unit not in vocabulary.labs[lab].units:
        raise _Unusable("a unit that is not known for this test")
    return unit


def _limit(
    side: Literal["low", "high"], lab: str, ranges: tuple[ReferenceRange, ...], unit: str, vocabulary: Vocabulary
) -> float | None:
    """The laboratory's limit on one side, when it gives one range, in the unit of the value."""
    limit: Quantity | None = getattr(ranges[0], side) if len(ranges) == 1 else None
    if limit is None:
        return None
    if limit.unit is None and limit.code is None:
        return limit.value
    try:
        return limit.value if _usable_unit(lab, limit, vocabulary) == unit else None
    except _Unusable:
        return None


def _is_haemolysed(part: Part, observation: Observation, reading: Reading) -> bool:
    notes = [note.text or "" for note in observation.note]
    said = "\n".join([*notes, *(words_of(one) for one in (*part.interpretation, *observation.interpretation))])
    rules = reading.lexicon.knowledge.text
    return bool(said.strip()) and reading.lexicon.text.affirms(said, rules.haemolysed, rules.not_haemolysed)
