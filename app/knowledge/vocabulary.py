"""The names that cards are written in: findings, labs, medications, orders, each with its codes and units."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from app.knowledge.base import Model, Name, Phrase, Text
from app.knowledge.codes import Icd10cm, Loinc, Rxnorm, Snomed
from app.knowledge.duration import Duration

Role = Literal["trigger", "red-flag", "cause", "modifier"]
Factor = Annotated[float, Field(gt=0)]


class FindingEntry(Model):
    """Something a Condition or an Observation can say of a patient. Codes map to their display.

    `chronic`: the name itself says that it is old (a sequela), so without a date it is.
    `unless`: phrases that make its own mean something else in their clause (weak pulses are no weak legs).
    """

    label: Text
    source: tuple[Text, ...] = ()
    chronic: bool = False
    snomed: dict[Snomed, str] = Field(default={})
    icd10cm: dict[Icd10cm, str] = Field(default={})
    icd10cm_under: dict[Icd10cm, str] = Field(default={})
    phrases: tuple[Phrase, ...] = ()
    unless: tuple[Phrase, ...] = ()


class Linear(Model):
    """canonical = factor x value + offset."""

    factor: Factor
    offset: float = 0.0


class Term(Model):
    """A lab, or the first of several that is there, in a unit, times a factor."""

    labs: tuple[Name, ...]
    unit: Text
    factor: float = 1.0


class Calculation(Model):
    """A number made of other labs: the sum of terms and a constant, or the first term divided by the second.

    `together`: how far apart the samples may be.
    """

    terms: tuple[Term, ...]
    constant: float = 0.0
    ratio: bool = False
    together: Duration


class LabEntry(Model):
    """A measurement: LOINC codes, canonical UCUM unit, and the units it may come in with their factor to it."""

    label: Text
    can_be_zero: bool = True
    calculated: Calculation | None = None
    loinc: dict[Loinc, str] = Field(default={})
    unit: Text
    units: dict[str, Factor | Linear]

    @model_validator(mode="after")
    def _knows_its_unit(self) -> Self:
        if self.unit not in self.units:
            raise ValueError(f"the unit `{self.unit}` was expected among `units`")
        return self

    def conversion(self, unit: str) -> Linear:
        """How a value in that unit becomes canonical; KeyError for a unit that is not known for this lab."""
        return self._conversions[unit]

    @cached_property
    def _conversions(self) -> dict[str, Linear]:
        return {unit: one if isinstance(one, Linear) else Linear(factor=one) for unit, one in self.units.items()}

    def convert(self, value: float, unit: str, to: str) -> float:
        """A value in another unit; KeyError for a unit that is not known for this lab."""
        start, end = self.conversion(unit), self.conversion(to)
        return (value * start.factor + start.offset - end.offset) / end.factor


class Products(Model):
    """RxNorm product codes by how they are given."""

    systemic: dict[Rxnorm, str] = Field(default={})
    non_systemic: dict[Rxnorm, str] = Field(default={})
    unclassified: dict[Rxnorm, str] = Field(default={})


class Ingredient(Model):
    """One drug: RxNorm ingredient code, other names that charts use, and its products."""

    rxnorm: Rxnorm
    names: tuple[Text, ...] = ()
    products: Products = Products()


class MedicationEntry(Model):
    """A group of drugs that matter for the same reason; `any_route` when inhaled or topical use counts too."""

    label: Text
    source: tuple[Text, ...] = ()
    any_route: bool = False
    ingredients: dict[str, Ingredient]


class OrderAs(Model):
    """The coding that is suggested."""

    system: Literal["loinc", "snomed"]
    code: Text


class Redundant(Model):
    """For how long a done or ordered study makes a new order needless."""

    done: Duration
    ordered: Duration
    done_acute: Duration | None = None
    after_onset: bool = False


class OrderEntry(Model):
    """Something that can be ordered, or was done: its codes, or the lab whose result answers it.

    What satisfies an order makes it needless once done or ordered; what replaces it stands for it when both are asked.
    """

    label: Text
    kind: Literal["imaging", "laboratory", "neurophysiology", "referral", "examination", "bedside"]
    source: tuple[Text, ...] = ()
    order_as: OrderAs
    loinc: dict[Loinc, str] = Field(default={})
    snomed: dict[Snomed, str] = Field(default={})
    lab: Name | None = None
    satisfied_by: tuple[Name, ...] = ()
    replaced_by: tuple[Name, ...] = ()
    covers: tuple[Name, ...] = ()
    redundant: Redundant | None = None


class Vocabulary(Model):
    """All names."""

    findings: dict[str, FindingEntry]
    roles: dict[str, Role]
    labs: dict[str, LabEntry]
    medications: dict[str, MedicationEntry]
    orders: dict[str, OrderEntry]
    unit_aliases: dict[str, str] = Field(default={})

    @cached_property
    def names(self) -> dict[str, frozenset[str]]:
        """The names of each kind, for checking references to them."""
        kinds = ("findings", "labs", "medications", "orders")
        return {kind: frozenset(getattr(self, kind)) for kind in kinds}
