"""Signals: the questions that a card asks of a chart, each with a local name in its card file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from app.knowledge.base import Model, Name, Text
from app.knowledge.duration import Duration

Cut = dict[str, float]
"""A threshold, by unit: `{mmol/L: 3.5}`; several units where the source prints several (decision 11)."""

WeaknessKind = Literal["specific", "promoted", "non-specific"]


class Signal(Model):
    """What all signals share. `label` replaces the vocabulary's label on the card.

    A signal `against` the card counts only when it is seen; one that `supports` it is unknown where nobody could look.
    """

    role: Literal["supports", "against"] = "supports"
    label: Text | None = None
    evidence: Name | None = None


class Aged(Signal):
    """A signal about something with an age. Each word decides: an unknown age is neither within nor older.

    within: known to be at most so old.   not_within: not known to be so young.
    older_than: known to be older.        not_older_than: not known to be older.
    """

    within: Duration | None = None
    not_within: Duration | None = None
    older_than: Duration | None = None
    not_older_than: Duration | None = None


class LabSignal(Signal):
    """A laboratory value: the newest usable one counts, if it lies within the window.

    `limit` and `range` are the laboratory's own; `without_limit` asks that it gives none.
    """

    lab: Name
    within: Duration
    older_than: Duration | None = None
    below: Cut | None = None
    at_least: Cut | None = None
    above: Cut | None = None
    at_least_times_limit: float | None = None
    above_limit: bool = False
    without_limit: bool = False
    outside_range: bool = False
    flag: Literal["haemolysed"] | None = None


class FindingSignal(Aged):
    """Any of the findings. With `dated_by: onset-or-recorded` a recordedDate stands in for a missing onset.

    with_weakness: it stands in the same resource as the weakness (a qualifier, a phrase beside it).
    before_weakness: its onset is known to come before that of the weakness.
    not_promoting: what made the weakness count as one of the legs does not count again (decision 3).
    """

    finding: tuple[Name, ...] = Field(min_length=1)
    dated_by: Literal["onset", "onset-or-recorded"] = "onset"
    with_weakness: bool = False
    before_weakness: bool = False
    not_promoting: bool = False


class MedicationSignal(Signal):
    """Any drug of the groups, taken now; or, with `within`, also one that was prescribed within that time.

    started_before_weakness: the weakness began within that time after the earliest of several prescriptions; a single
    one does not tell when the drug was started (decision 28).
    """

    medication: tuple[Name, ...] = Field(min_length=1)
    within: Duration | None = None
    started_before_weakness: Duration | None = None


class StudySignal(Signal):
    """Any of the studies, ordered, done (reported or not) or reported within the time.

    after_onset: only one that came after the onset of the weakness, where that has one (decision 10).
    """

    study: tuple[Name, ...] = Field(min_length=1)
    state: Literal["ordered", "done", "reported"]
    within: Duration
    after_onset: bool = False


class StaySignal(Signal):
    """A stay in hospital of more than so long that ended within that time, or goes on."""

    stay: Duration
    within: Duration


class WeaknessSignal(Aged):
    """The weakness that made this patient one to evaluate."""

    weakness: tuple[WeaknessKind, ...] = Field(min_length=1)


class AgeSignal(Signal):
    """The patient's age in years."""

    age: Literal["years"]
    at_least: int | None = None
    below: int | None = None


class SexSignal(Signal):
    """The patient's administrative gender."""

    sex: Literal["female", "male"]


_KINDS = ("lab", "finding", "medication", "study", "stay", "weakness", "age", "sex")


def _kind(value: Any) -> str | None:
    keys = value if isinstance(value, dict) else type(value).model_fields if isinstance(value, Model) else {}
    return next((kind for kind in _KINDS if kind in keys), None)


AnySignal = Annotated[
    Annotated[LabSignal, Tag("lab")]
    | Annotated[FindingSignal, Tag("finding")]
    | Annotated[MedicationSignal, Tag("medication")]
    | Annotated[StudySignal, Tag("study")]
    | Annotated[StaySignal, Tag("stay")]
    | Annotated[WeaknessSignal, Tag("weakness")]
    | Annotated[AgeSignal, Tag("age")]
    | Annotated[SexSignal, Tag("sex")],
    Discriminator(
        _kind,
        custom_error_type="signal_kind",
        custom_error_message=f"one of {', '.join(_KINDS)} was expected, to say what the signal asks for",
    ),
]
