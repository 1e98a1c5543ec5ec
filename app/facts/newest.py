"""Which of several results is the newest: by the instant, or by the day where a laboratory writes days alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import takewhile

from app.facts.model import LabResult
from app.facts.moment import Moment

Series = tuple[LabResult, ...]
_SEVERAL = 2


def newest_first(results: Iterable[LabResult]) -> Series:
    """First those that none is known to have come after: mostly one, but a day without a time may be as new."""
    several = list(results)
    if all(one.when.instant for one in several):  # the same order, in less time
        return tuple(sorted(several, key=lambda one: (one.when.latest, one.reference), reverse=True))
    head = _head([one.when for one in several])
    return tuple(sorted(several, key=lambda one: (*_order(one.when, head), one.reference), reverse=True))


def newest(series: Series) -> Series:
    """Of a series, newest first, those that none is known to have come after."""
    if len(series) < _SEVERAL or series[0].when.is_after(series[1].when):
        return series[:1]
    return tuple(takewhile(lambda one: not series[0].when.is_after(one.when), series))


def clean(results: Sequence[LabResult]) -> Sequence[LabResult]:
    """Those that speak: a haemolysed sample does not, beside one that is clean."""
    return [one for one in results if not one.haemolysed] or results


def _head(whens: Sequence[Moment]) -> Moment | None:
    timed = max((one for one in whens if one.instant), key=lambda one: one.latest, default=None)
    dated = max((one for one in whens if not one.instant), key=lambda one: one.earliest, default=None)
    if timed and dated:
        return dated if dated.is_after(timed) else timed
    return timed or dated


def _order(when: Moment, head: Moment | None) -> tuple[bool, bool, datetime]:
    """The head comes first: of what may be equally new, one with a time; of days, the one that begins last."""
    return head is not None and not head.is_after(when), when.instant is not None, when.earliest
