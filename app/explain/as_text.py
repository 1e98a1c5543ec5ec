"""An evaluation on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.markdown import Markdown, TableElement
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from app.explain.lowering import Lowering, fired_level, lowerings
from app.facts.model import PatientFacts
from app.knowledge.vocabulary import Vocabulary
from app.pipeline import Evaluation
from app.reasoning.assess import Assessment
from app.reasoning.conclude import Conclusion
from app.reasoning.signals import Question
from app.rendering.model import Card
from app.rendering.wording import row, study_date

_STYLES = {"critical": "red", "warning": "yellow", "info": "cyan"}
_LOWERED = {"suspected": "only suspected", "inferred": "the leg weakness was only inferred"}
_TRUTHS = {True: "met", False: "not met", None: "unknown"}


def explain_as_text(
    evaluation: Evaluation, vocabulary: Vocabulary, console: Console, *, every_card: bool = False
) -> None:
    """Facts, cards, what was left out; with `every_card` also why a card neither fired nor hangs on anything."""
    console.print(_facts(evaluation.facts, vocabulary))
    console.print(_why(evaluation))
    for part in _cards(evaluation.conclusion, vocabulary, every_card=every_card):
        console.print(part)
    for one in evaluation.conclusion.withheld:
        console.print(Text(f"withheld: {one.card.id}: {one.reason}"))
    for found in evaluation.conclusion.assessments:
        if found.level and not found.card.shown:
            console.print(Text(f"{found.card.status}, not shown: {found.card.id}: {found.level}"))
    for left_out in evaluation.facts.left_out:
        console.print(Text(f"left out: {left_out.reference}: {left_out.reason}"))
    for unavailable in evaluation.facts.unavailable:
        console.print(Text(f"unavailable: {unavailable.input}: {unavailable.reason}"))
    for card in evaluation.response.cards:
        console.print(_panel(card))


def _facts(facts: PatientFacts, vocabulary: Vocabulary) -> Table:
    patient = facts.patient
    age = "unknown age" if patient.age is None else f"{patient.age} years"
    table = Table(
        title=f"Facts: {age}, {patient.sex or 'unknown sex'}, at {facts.now.isoformat()}", title_justify="left"
    )
    for column in ("fact", "value", "date", "from"):
        table.add_column(column, overflow="fold")
    for fact in facts.each():
        line = row(fact, None, vocabulary)
        table.add_row(*(Text(cell) for cell in (line.name, line.value, line.date, fact.reference)))
    return table


def _why(evaluation: Evaluation) -> Text:
    conclusion = evaluation.conclusion
    weakness = conclusion.weakness
    if weakness is None:
        return Text(f"No cards: {conclusion.silent_because}.")
    triggers = ", ".join(one.finding.reference for one in weakness.triggers)
    return Text(f"Weakness: {weakness.kind}, from {triggers}")


def _cards(conclusion: Conclusion, vocabulary: Vocabulary, *, every_card: bool) -> Iterator[RenderableType]:
    if conclusion.question is None:
        return
    full = [one for one in conclusion.assessments if every_card or one.level or one.undecided]
    if full:
        yield _table(full, conclusion.question, vocabulary)
    others = [one.card.id for one in conclusion.assessments if one not in full]
    if others:
        yield Text(f"Not met, or not applicable (--all shows why): {', '.join(others)}")


def _table(assessments: Iterable[Assessment], question: Question, vocabulary: Vocabulary) -> Table:
    table = Table(title="Cards", title_justify="left", show_lines=True)
    for column in ("card", "status", "why"):
        table.add_column(column, overflow="fold")
    for found in assessments:
        status = Text(found.level or found.status, style=_STYLES.get(found.level or "", ""))
        why = "\n".join([*_deciding(found, question, vocabulary), *_signals(found)])
        table.add_row(found.card.id, status, Text(why))
    return table


def _deciding(found: Assessment, question: Question, vocabulary: Vocabulary) -> Iterator[str]:
    """The level that fired with the facts behind it, what lowered it, what might yet change it."""
    if found.level:
        yield f"fired at {fired_level(found, question)}"
    for name in found.deciding:
        for fact in found.answers[name].facts:
            yield f"by {name}: {row(fact, found.card.signals[name], vocabulary).value} ({fact.reference})"
    yield from (f"{one.at_most} at most: {_because(one, vocabulary)}" for one in lowerings(found, question))
    if found.undecided:
        yield f"hangs on {', '.join(found.undecided)}"


def _because(one: Lowering, vocabulary: Vocabulary) -> str:
    if one.study:
        label = vocabulary.orders[one.study.order].label
        return f"answered by {label}, reported {study_date(one.study)} ({one.study.reference})"
    return _LOWERED[one.because]


def _signals(found: Assessment) -> Iterator[str]:
    for truth, words in _TRUTHS.items():
        names = [name for name, answer in found.answers.items() if answer.truth is truth]
        if names:
            yield f"{words}: {', '.join(names)}"


class _FoldingTable(TableElement):
    """Rich cuts a word that is longer than its cell."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for part in super().__rich_console__(console, options):
            for column in part.columns if isinstance(part, Table) else ():
                column.overflow = "fold"
            yield part


class _Detail(Markdown):
    elements: ClassVar = Markdown.elements | {"table_open": _FoldingTable}


def _panel(card: Card) -> Panel:
    parts: list[RenderableType] = [Text(card.summary, style="bold"), _Detail(card.detail)]
    parts += [Text(f"[ {one.label} ]  {one.actions[0].resource['priority']}") for one in card.suggestions]
    return Panel(Group(*parts), title=card.indicator, title_align="left", border_style=_STYLES[card.indicator])
