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
    """What all signals share. `label` replaces the vocabulary's label on the card."""

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
    """A laboratory value: the newest usable one counts, if it lies within the window."""

    lab: Name
    within: Duration
    older_than: Duration | None = None
    below: Cut | None = None
    at_least: Cut | None = None
    above: Cut | None = None
    above_upper_limit: bool | None = None
    flag: Literal["haemolysed"] | None = None


class FindingSignal(Aged):
    """Any of the findings. With `dated_by: onset-or-recorded` a recordedDate stands in for a missing onset."""

    finding: tuple[Name, ...] = Field(min_length=1)
    dated_by: Literal["onset", "onset-or-recorded"] = "onset"


class MedicationSignal(Signal):
    """Any drug of the groups, taken now; or, with `within`, also one that was prescribed within that time."""

    medication: tuple[Name, ...] = Field(min_length=1)
    within: Duration | None = None


class StudySignal(Signal):
    """Any of the studies, done or ordered within the time."""

    study: tuple[Name, ...] = Field(min_length=1)
    state: Literal["done", "ordered"]
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


_KINDS = ("lab", "finding", "medication", "study", "weakness", "age", "sex")


def _kind(value: Any) -> str | None:
    keys = value if isinstance(value, dict) else type(value).model_fields if isinstance(value, Model) else {}
    return next((kind for kind in _KINDS if kind in keys), None)


AnySignal = Annotated[
    Annotated[LabSignal, Tag("lab")]
    | Annotated[FindingSignal, Tag("finding")]
    | Annotated[MedicationSignal, Tag("medication")]
    | Annotated[StudySignal, Tag("study")]
    | Annotated[WeaknessSignal, Tag("weakness")]
    | Annotated[AgeSignal, Tag("age")]
    | Annotated[SexSignal, Tag("sex")],
    Discriminator(
        _kind,
        custom_error_type="signal_kind",
        custom_error_message=f"one of {', '.join(_KINDS)} was expected, to say what the signal asks for",
    ),
]
