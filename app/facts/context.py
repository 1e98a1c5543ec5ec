"""What every reader of a chart needs: the knowledge, the text reader compiled from it, and the time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.chart.resources import CodeableConcept
from app.facts.gate import Gate
from app.facts.moment import Moment, parse_moment
from app.facts.text import TextReader, Wording
from app.knowledge.index import Drug
from app.knowledge.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Knowledge with its phrases compiled. `alarming` are the names whose phrases are read beside any code.

    `triggers` are the names that make a patient one to evaluate, `trigger_gate` what lets their phrases pass.

    `pages` is the absolute URL under which each card's own page is served, where it is.
    """

    knowledge: Knowledge
    text: TextReader
    alarming: frozenset[str]
    triggers: frozenset[str]
    trigger_gate: Gate
    drugs: Mapping[str, Drug]
    drug_names: TextReader
    haemolysed: tuple[Wording, ...]
    not_systemic: Wording
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
    triggers = frozenset({*weakness.specific, *weakness.non_specific})
    rules = knowledge.text
    text = TextReader(
        rules,
        {name: entry.phrases for name, entry in vocabulary.findings.items()},
        {name: entry.unless for name, entry in vocabulary.findings.items()},
    )
    return Lexicon(
        knowledge=knowledge,
        text=text,
        alarming=frozenset(by_role | triggers),
        triggers=triggers,
        trigger_gate=text.gate(triggers),
        drugs=_drugs_by_name(knowledge),
        drug_names=TextReader(rules, ingredients),
        haemolysed=(
            text.wording(rules.haemolysed, rules.not_haemolysed),
            text.wording(rules.haemolysis, rules.not_haemolysis),
        ),
        not_systemic=text.wording(rules.not_systemic),
        pages=pages,
    )


def _drugs_by_name(knowledge: Knowledge) -> dict[str, Drug]:
    codes = [drug.rxnorm for entry in knowledge.vocabulary.medications.values() for drug in entry.ingredients.values()]
    return {drug.ingredient: drug for code in codes for drug in knowledge.index.drugs[code]}


@dataclass(frozen=True, slots=True)
class Reading:
    """One chart being read at one time. What lies after the `horizon` lies further ahead than clocks may differ.

    `born` is when the patient was.
    """

    lexicon: Lexicon
    now: datetime
    born: Moment | None = None
    horizon: datetime = field(init=False)
    _moments: dict[str, Moment | None] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "horizon", self.now + self.lexicon.knowledge.rules.future_tolerance.time)

    def moment(self, text: str | None) -> Moment | None:
        """As `parse_moment`, each date of the chart once: a panel has one for all its results."""
        if text is None:
            return None
        try:
            return self._moments[text]
        except KeyError:
            moment = self._moments[text] = parse_moment(text)
            return moment

    def is_future(self, moment: Moment) -> bool:
        """Whether the moment lies ahead, wherever on earth it was."""
        return moment.earliest > self.horizon


def coded_names(concept: CodeableConcept | None, lexicon: Lexicon) -> frozenset[str]:
    """The findings that the codings of a concept name."""
    codings = concept.coding if concept else ()
    findings_of = lexicon.knowledge.index.findings_of
    return frozenset([name for one in codings for name in findings_of(one.system, one.code)])


def words_of(concept: CodeableConcept | None) -> str:
    """All that a concept says in words, each part a clause of its own."""
    if concept is None:
        return ""
    parts = [coding.display for coding in concept.coding if coding.display]
    if concept.text:
        parts = [concept.text, *parts]
    return parts[0] if len(parts) == 1 else "\n".join(dict.fromkeys(parts))


def display_of(concept: CodeableConcept | None) -> str:
    """What the chart calls it: the text, else the first display, else the first code."""
    if concept is None:
        return ""
    displays = [coding.display or coding.code for coding in concept.coding]
    return concept.text or next((display for display in displays if display), "")
