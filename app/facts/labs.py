"""Observations to laboratory values. Whatever cannot be read with certainty is left out and named, never guessed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

from app.chart.decode import LeftOut, reference_of
from app.chart.resources import CodeableConcept, Component, Observation, Quantity, ReferenceRange
from app.facts.context import Reading, words_of
from app.facts.dates import COUNTED, observed_at
from app.facts.model import LabResult
from app.facts.moment import Moment, age_of
from app.knowledge.systems import LOINC, UCUM, canonical_system

_COMPARATORS = frozenset({"", "<", "<=", ">", ">="})
_SAID = frozenset({"registered", "preliminary", "cancelled", "unknown"})  # no other word of a chart may come to a card
Part = Observation | Component


class Sample(Struct, frozen=True, gc=False):
    """A value that can be used, with as much of it read as it takes to know that."""

    lab: str
    part: Part
    observation: Observation
    when: Moment
    unit: str


Samples = dict[str, list[Sample]]


def find_samples(observations: Iterable[Observation], reading: Reading) -> tuple[Samples, list[LeftOut]]:
    """The usable values that the vocabulary knows by LOINC code, by lab in the order of the chart, and the others."""
    samples: Samples = defaultdict(list)
    left_out: list[LeftOut] = []
    labs = reading.lexicon.knowledge.index.labs
    for observation in observations:
        parts: tuple[Part, ...] = (observation, *observation.component) if observation.component else (observation,)
        for part in parts:
            lab = _lab_of(part.code, labs)
            if lab:
                try:
                    samples[lab].append(_sample(lab, part, observation, reading))
                except _Unusable as reason:
                    left_out.append(LeftOut(reference_of(observation), f"{lab}: {reason}", lab))
    return {lab: several for lab, several in samples.items() if several}, left_out


def read_result(sample: Sample, reading: Reading) -> LabResult:
    """All that is to be known of a usable value."""
    part, observation = sample.part, sample.observation
    quantity = part.valueQuantity or Quantity()
    return LabResult(
        lab=sample.lab,
        reference=reference_of(observation),
        value=quantity.value or 0.0,
        unit=sample.unit,
        when=sample.when,
        age=age_of(sample.when, reading.now),
        comparator=quantity.comparator or "",
        lower_limit=_limit("low", sample, part.referenceRange, reading),
        upper_limit=_limit("high", sample, part.referenceRange, reading),
        haemolysed=_is_haemolysed(part, observation, reading),
    )


class _Unusable(Exception):
    """Why a value cannot be used."""


def _lab_of(code: CodeableConcept, labs: Mapping[str, str]) -> str | None:
    for coding in code.coding:
        name = labs.get(coding.code or "")
        if name and canonical_system(coding.system) == LOINC:
            return name
    return None


def _sample(lab: str, part: Part, observation: Observation, reading: Reading) -> Sample:
    when, quantity = _usable_time(observation, reading), _usable_quantity(part)
    unit = _usable_unit(lab, quantity, reading)
    _require_possible(lab, quantity.value or 0.0, reading)
    return Sample(lab, part, observation, when, unit)


def _usable_time(observation: Observation, reading: Reading) -> Moment:
    if observation.status not in COUNTED:
        raise _Unusable(f"status is {observation.status if observation.status in _SAID else 'not final'}")
    when = observed_at(observation, reading)
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
    if quantity.comparator and quantity.comparator not in _COMPARATORS:
        raise _Unusable("a comparator that is not known")
    return quantity


def _usable_unit(lab: str, quantity: Quantity, reading: Reading) -> str:
    """The code decides when it is UCUM; otherwise the unit text does. A missing unit is never guessed."""
    has_ucum = quantity.code and canonical_system(quantity.system) in (UCUM, None)
    written = quantity.code if has_ucum else quantity.unit
    if not written:
        raise _Unusable("no unit")
    unit = reading.lexicon.knowledge.index.units[lab].get(written)
    if unit is None:
        raise _Unusable("a unit that is not known for this test")
    return unit


def _require_possible(lab: str, value: float, reading: Reading) -> None:
    """Some systems write 0 or less for what was not measured."""
    if value < 0 or (value == 0 and not reading.lexicon.knowledge.vocabulary.labs[lab].can_be_zero):
        raise _Unusable("no possible value")


def _limit(
    side: Literal["low", "high"], sample: Sample, ranges: tuple[ReferenceRange, ...], reading: Reading
) -> float | None:
    """The laboratory's limit on one side, when it gives one range, in the unit of the value."""
    limit: Quantity | None = getattr(ranges[0], side) if len(ranges) == 1 else None
    if limit is None:
        return None
    if limit.unit is None and limit.code is None:
        return limit.value
    try:
        return limit.value if _usable_unit(sample.lab, limit, reading) == sample.unit else None
    except _Unusable:
        return None


def _is_haemolysed(part: Part, observation: Observation, reading: Reading) -> bool:
    notes, flags = observation.note, (*part.interpretation, *observation.interpretation)
    if not notes and not flags:
        return False
    said = "\n".join([*(note.text or "" for note in notes), *(words_of(one) for one in flags)])
    return any(reading.lexicon.text.affirms(said, one) for one in reading.lexicon.haemolysed)
