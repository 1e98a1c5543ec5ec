"""An evaluation on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from app.facts.model import PatientFacts
from app.knowledge.vocabulary import Vocabulary
from app.pipeline import Evaluation
from app.reasoning.assess import Assessment
from app.rendering.model import Card
from app.rendering.wording import row

_STYLES = {"critical": "red", "warning": "yellow", "info": "cyan"}
_TRUTHS = {True: "met", False: "not met", None: "unknown"}


def explain_as_text(evaluation: Evaluation, vocabulary: Vocabulary, console: Console) -> None:
    """Facts, cards, what was left out."""
    console.print(_facts(evaluation.facts, vocabulary))
    console.print(_why(evaluation))
    if evaluation.conclusion.assessments:
        console.print(_cards(evaluation.conclusion.assessments, vocabulary))
    for one in evaluation.conclusion.withheld:
        console.print(Text(f"withheld: {one.card.id}: {one.reason}"))
    for shadow in evaluation.conclusion.shadow:
        console.print(Text(f"in shadow, not shown: {shadow.card.id}: {shadow.level}"))
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
        table.add_column(column)
    for fact in facts.each():
        line = row(fact, None, vocabulary)
        table.add_row(*(Text(cell) for cell in (line.name, line.value, line.date, fact.reference)))
    return table


def _why(evaluation: Evaluation) -> Text:
    conclusion = evaluation.conclusion
    if conclusion.silent_because:
        return Text(f"No cards: {conclusion.silent_because}.")
    if conclusion.weakness is None:
        return Text("No cards: the chart records no weakness that is active and not refuted.")
    triggers = ", ".join(one.finding.reference for one in conclusion.weakness.triggers)
    return Text(f"Weakness: {conclusion.weakness.kind}, from {triggers}")


def _cards(assessments: Iterable[Assessment], vocabulary: Vocabulary) -> Table:
    table = Table(title="Cards", title_justify="left")
    for column in ("card", "status", "decided by", "all signals"):
        table.add_column(column)
    for found in assessments:
        status = Text(found.level or found.status, style=_STYLES.get(found.level or "", ""))
        table.add_row(found.card.id, status, _deciding(found, vocabulary), _signals(found))
    return table


def _deciding(found: Assessment, vocabulary: Vocabulary) -> Text:
    lines = [
        f"{name}: {row(fact, found.card.signals[name], vocabulary).value} ({fact.reference})"
        for name in found.deciding
        for fact in found.answers[name].facts
    ]
    lines += [f"{name}: unknown" for name in found.undecided]
    return Text("\n".join(lines))


def _signals(found: Assessment) -> Text:
    return Text("\n".join(f"{name}: {_TRUTHS[answer.truth]}" for name, answer in found.answers.items()))


def _panel(card: Card) -> Panel:
    parts: list[RenderableType] = [Markdown(card.detail)]
    parts += [Text(f"[ {one.label} ]  {one.actions[0].resource['priority']}") for one in card.suggestions]
    title = Text(f"{card.indicator}: {card.summary}")
    return Panel(Group(*parts), title=title, title_align="left", border_style=_STYLES[card.indicator])
