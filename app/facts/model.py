"""Facts: what a chart says of one patient, each with its resource, its dates and how sure it is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from app.chart.chart import Unavailable
from app.chart.decode import LeftOut
from app.facts.moment import UNKNOWN_AGE, Age, Moment


class Patient(Struct, frozen=True, cache_hash=True, gc=False):
    """Who: `age` in whole years (None when unknown), administrative gender, whether alive."""

    age: int | None = None
    sex: str | None = None
    deceased: bool = False


class Finding(Struct, frozen=True, cache_hash=True, gc=False):
    """A diagnosis, symptom or sign. `display` is the chart's own text and must be escaped before it is shown."""

    names: frozenset[str]
    reference: str
    display: str
    onset: Moment | None = None
    recorded: Moment | None = None
    age: Age = UNKNOWN_AGE
    recorded_age: Age = UNKNOWN_AGE
    suspected: bool = False
    from_text: bool = False


class LabResult(Struct, frozen=True, cache_hash=True, gc=False):
    """A usable value, in the unit as reported (in its UCUM spelling); `comparator` is FHIR's, or empty."""

    lab: str
    reference: str
    value: float
    unit: str
    when: Moment
    age: Age
    comparator: str = ""
    lower_limit: float | None = None
    upper_limit: float | None = None
    haemolysed: bool = False


class Prescription(Struct, frozen=True, cache_hash=True, gc=False):
    """A drug that was prescribed: the ingredient as the vocabulary names it, and the groups it belongs to."""

    ingredient: str
    groups: frozenset[str]
    reference: str
    current: bool
    authored: Moment | None = None
    age: Age = UNKNOWN_AGE


StudyState = Literal["ordered", "done", "reported"]


class Study(Struct, frozen=True, cache_hash=True, gc=False):
    """An order, or something that was done: `order` is the vocabulary's name, `priority` that of a pending order."""

    order: str
    state: StudyState
    reference: str
    when: Moment | None = None
    age: Age = UNKNOWN_AGE
    priority: str = "routine"


class Stay(Struct, frozen=True, cache_hash=True, gc=False):
    """A stay in hospital: how long it has lasted, and how long ago it ended (no time at all while it goes on)."""

    reference: str
    admitted: Moment
    length: timedelta
    ended: Age


Fact = Finding | LabResult | Prescription | Study | Stay


class Labs(Mapping[str, tuple[LabResult, ...]]):
    """Results by lab, newest first, each lab's read when it is asked for."""

    @abstractmethod
    def candidates(self) -> Iterable[str]:
        """The labs that there may be results of, told without reading any."""


class NoLabs(Labs):
    """Where nothing was measured."""

    def candidates(self) -> Iterable[str]:
        """None."""
        return ()

    def __getitem__(self, lab: str) -> tuple[LabResult, ...]:
        raise KeyError(lab)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class PatientFacts(Struct, frozen=True, kw_only=True):
    """All facts by vocabulary name; labs and studies newest first.

    Where it is not so that the patient `may_be_weak`, no finding triggers, and nothing else need be asked.
    """

    now: datetime
    patient: Patient
    labs: Labs
    may_be_weak: bool = True
    findings: Mapping[str, tuple[Finding, ...]] = {}
    prescriptions: Mapping[str, tuple[Prescription, ...]] = {}
    studies: Mapping[str, tuple[Study, ...]] = {}
    stays: tuple[Stay, ...] = ()
    unavailable: tuple[Unavailable, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    def each(self) -> tuple[Fact, ...]:
        """Every fact once, kind by kind."""
        kinds: tuple[Mapping[str, tuple[Fact, ...]], ...]
        kinds = (self.findings, self.labs, self.prescriptions, self.studies)
        named = (fact for kind in kinds for several in kind.values() for fact in several)
        return tuple(dict.fromkeys((*named, *self.stays)))

    def emptied(self) -> PatientFacts:
        """The same patient with nothing in the chart, and the same inputs lacking."""
        return replace(self, labs=NoLabs(), findings={}, prescriptions={}, studies={}, stays=())

    def lacks(self, kind: str) -> bool:
        """Whether the input that carries this kind of fact is unavailable or incomplete."""
        return bool(self.unavailable) and any(item.input in INPUTS[kind] for item in self.unavailable)


INPUTS: Mapping[str, frozenset[str]] = {
    "findings": frozenset({"conditions", "findings"}),
    "labs": frozenset({"labs"}),
    "prescriptions": frozenset({"medications"}),
    "studies": frozenset({"orders", "procedures", "reports"}),
    "stays": frozenset({"stays"}),
}
"""Which prefetch keys carry which kind of fact."""
