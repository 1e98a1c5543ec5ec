"""How levels are written over signal names: all_of, any_of, none_of, at_least; each key given must hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

from pydantic import model_validator

from app.knowledge.base import Model, Name


class AtLeast(Model):
    """So many of these."""

    count: int
    of: tuple[Name, ...]


class Logic(Model):
    """A condition over signals; a term is a signal's name or a condition of its own."""

    all_of: tuple[Name | Logic, ...] = ()
    any_of: tuple[Name | Logic, ...] = ()
    none_of: tuple[Name | Logic, ...] = ()
    at_least: AtLeast | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not (self.all_of or self.any_of or self.none_of or self.at_least):
            raise ValueError("at least one of all_of, any_of, none_of, at_least was expected")
        return self

    def names(self) -> Iterator[str]:
        """Every signal name in it."""
        for term in (*self.all_of, *self.any_of, *self.none_of):
            yield from (term,) if isinstance(term, str) else term.names()
        yield from self.at_least.of if self.at_least else ()

    def certain(self) -> frozenset[str]:
        """The signals that are met whenever this holds, so that a text may name them."""
        sure = frozenset().union(*(_certain(term) for term in self.all_of))
        if self.any_of:
            sure |= frozenset.intersection(*(_certain(term) for term in self.any_of))
        return sure


def _certain(term: str | Logic) -> frozenset[str]:
    return frozenset({term}) if isinstance(term, str) else term.certain()
