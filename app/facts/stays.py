"""Encounters to stays in hospital."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.chart.decode import reference_of
from app.chart.resources import Coding, Encounter
from app.facts.context import Reading
from app.facts.dates import usable_moment
from app.facts.model import Stay
from app.facts.moment import Age, age_of

_INPATIENT = frozenset({"IMP", "ACUTE", "NONAC"})  # HL7 v3 ActCode: inpatient, and its two kinds
_REAL = frozenset({"in-progress", "onleave", "on-hold", "discharged", "finished", "completed"})


def read_stays(encounters: Iterable[Encounter], reading: Reading) -> Iterator[Stay]:
    """Inpatient encounters that took place; a stay without a start tells no length and is passed over."""
    for encounter in encounters:
        if encounter.status in _REAL and _classes(encounter) & _INPATIENT:
            yield from _stay(encounter, reading)


def _stay(encounter: Encounter, reading: Reading) -> Iterator[Stay]:
    period = encounter.period
    admitted = usable_moment(period.start, reading) if period else None
    left = usable_moment(period.end, reading) if period else None
    if admitted is None:
        return
    ended = age_of(left, reading.now) if left else Age(most=Age().least)
    length = age_of(admitted, reading.now).least - ended.least
    yield Stay(reference_of(encounter), admitted, length, ended)


def _classes(encounter: Encounter) -> set[str]:
    kind = encounter.kind
    codings = [kind] if isinstance(kind, Coding) else [coding for one in kind or () for coding in one.coding]
    return {coding.code for coding in codings if coding.code}
