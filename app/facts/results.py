"""A patient's laboratory results, each lab's read when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from app.facts.calculated import calculate_lab
from app.facts.context import Reading
from app.facts.labs import Samples, read_result
from app.facts.model import Labs
from app.facts.newest import Series, newest_first
from app.knowledge.vocabulary import LabEntry


class _Read(Labs):
    """Results by lab, newest first, each series read once."""

    def __init__(self) -> None:
        self._series: dict[str, Series] = {}

    def get(self, lab: str, default: Any = None) -> Any:
        """As of any mapping."""
        series = self._series.get(lab)
        if series is None:
            series = self._series[lab] = self._of(lab)
        return series or default

    def __getitem__(self, lab: str) -> Series:
        series: Series | None = self.get(lab)
        if series is None:
            raise KeyError(lab)
        return series

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return repr(dict(self))

    def _of(self, lab: str) -> Series:
        raise NotImplementedError

    @cached_property
    def _names(self) -> tuple[str, ...]:
        raise NotImplementedError


class Measured(_Read):
    """What was measured; the labs measured last come first."""

    def __init__(self, samples: Samples, reading: Reading) -> None:
        super().__init__()
        self._samples = samples
        self._reading = reading

    def candidates(self) -> Iterable[str]:
        """The labs that were measured."""
        return self._samples

    def _of(self, lab: str) -> Series:
        return newest_first(read_result(one, self._reading) for one in self._samples.get(lab, ()))

    @cached_property
    def _names(self) -> tuple[str, ...]:
        every = newest_first(one for lab in self._samples for one in self[lab])
        return tuple(dict.fromkeys(one.lab for one in every))


class Results(_Read):
    """What was measured, and what is calculated of it."""

    def __init__(self, measured: Measured, reading: Reading) -> None:
        super().__init__()
        self._measured = measured
        self._knowledge = reading.lexicon.knowledge

    def candidates(self) -> Iterable[str]:
        """Also those that are calculated, when something of each of their terms was measured."""
        measured = set(self._measured.candidates())
        labs = self._knowledge.vocabulary.labs
        return measured | {name for name in self._knowledge.index.calculated if _may_calculate(labs[name], measured)}

    def _of(self, lab: str) -> Series:
        is_calculated = lab in self._knowledge.index.calculated
        made = calculate_lab(lab, self._measured, self._knowledge.vocabulary) if is_calculated else None
        return (made,) if made else self._measured.get(lab, ())

    @cached_property
    def _names(self) -> tuple[str, ...]:
        made = [lab for lab in self._knowledge.index.calculated if self.get(lab)]
        return tuple(dict.fromkeys((*self._measured, *made)))


def _may_calculate(entry: LabEntry, measured: set[str]) -> bool:
    terms = entry.calculated.terms if entry.calculated else ()
    return bool(terms) and not any(measured.isdisjoint(term.labs) for term in terms)
