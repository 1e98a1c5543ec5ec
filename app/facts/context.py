"""What every reader of a chart needs: the knowledge, the text reader compiled from it, and the time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.chart.resources import CodeableConcept
from app.facts.moment import Moment, is_future
from app.facts.text import TextReader
from app.knowledge.index import Drug
from app.knowledge.knowledge import Knowledge
from app.knowledge.systems import canonical_system


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Knowledge with its phrases compiled. `alarming` are the names whose phrases are read beside any code.

    `pages` is the absolute URL under which each card's own page is served, where it is.
    """

    knowledge: Knowledge
    text: TextReader
    alarming: frozenset[str]
    drugs: Mapping[str, Drug]
    drug_names: TextReader
    pages: str | None = None


def build_lexicon(knowledge: Knowledge, pages: str | None = None) -> Lexicon:
    """Compile the phrases once, at start."""
    vocabulary, weakness = knowledge.vocabulary, knowledge.rules.weakness
    by_role = {name for name, role in vocabulary.roles.items() if role in ("trigger", "red-flag")}
    ingredients = {
        name: (name, *drug.names)
        for entry in vocabulary.medications.values()
        for name, drug in entry.ingredients.items()
    }
    return Lexicon(
        knowledge=knowledge,
        text=TextReader(
            knowledge.text,
            {name: entry.phrases for name, entry in vocabulary.findings.items()},
            {name: entry.unless for name, entry in vocabulary.findings.items()},
        ),
        alarming=frozenset(by_role | {*weakness.specific, *weakness.non_specific}),
        drugs=_drugs_by_name(knowledge),
        drug_names=TextReader(knowledge.text, ingredients),
        pages=pages,
    )


def _drugs_by_name(knowledge: Knowledge) -> dict[str, Drug]:
    codes = [drug.rxnorm for entry in knowledge.vocabulary.medications.values() for drug in entry.ingredients.values()]
    return {drug.ingredient: drug for code in codes for drug in knowledge.index.drugs[code]}


@dataclass(frozen=True, slots=True)
class Reading:
    """One chart being read at one time."""

    lexicon: Lexicon
    now: datetime

    def is_future(self, moment: Moment) -> bool:
        """Whether the moment lies further ahead than clocks may differ."""
        return is_future(moment, self.now, self.lexicon.knowledge.rules.future_tolerance.time)


def coded_names(concept: CodeableConcept | None, lexicon: Lexicon) -> frozenset[str]:
    """The findings that the codings of a concept name."""
    codings = concept.coding if concept else ()
    find = lexicon.knowledge.index.findings_of
    return frozenset(name for one in codings for name in find(canonical_system(one.system), one.code))


def words_of(concept: CodeableConcept | None) -> str:
    """All that a concept says in words, each part a clause of its own."""
    if concept is None:
        return ""
    parts = [concept.text, *(coding.display for coding in concept.coding)]
    return "\n".join(dict.fromkeys(part for part in parts if part))


def display_of(concept: CodeableConcept | None) -> str:
    """What the chart calls it: the text, else the first display, else the first code."""
    if concept is None:
        return ""
    displays = [coding.display or coding.code for coding in concept.coding]
    return concept.text or next((display for display in displays if display), "")
