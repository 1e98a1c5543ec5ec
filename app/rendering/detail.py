"""The body of a card: ten short lines at most, what it rests on first."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from app.facts.model import Fact, LabResult
from app.facts.newest import clean, newest
from app.knowledge.signal import AnySignal, LabSignal
from app.reasoning.assess import Assessment
from app.reasoning.conclude import Advice
from app.reasoning.truth import decide
from app.reasoning.workup import Suppressed
from app.rendering.context import Rendering
from app.rendering.markdown import escape
from app.rendering.orders import order_notes, spelt_out
from app.rendering.summary import fill
from app.rendering.wording import Row, quantity, row, short, study_date

_LINES = 10
_TABLE_HEAD = ("| finding | value | date | threshold |", "|---|---|---|---|")
_FEWEST_ROWS = 1


def detail(advice: Advice, rendering: Rendering) -> str:
    """GitHub-flavoured Markdown; everything that came from the chart is escaped."""
    advice_line = f"{fill(_words(advice.found), advice, rendering)} {spelt_out(advice, rendering)}".strip()
    notes = [note for note in _notes(advice, rendering) if note]
    rows = list(_rows(advice.found, rendering))
    room = max(_LINES - len(_TABLE_HEAD) - 1 - len(notes), _FEWEST_ROWS)
    table = [*_TABLE_HEAD, *(_cells(one) for one in _fitted(rows, room))]
    return "\n\n".join(["\n".join(table), advice_line, *notes])


def _words(found: Assessment) -> str:
    answered = found.card.answered_by.detail if found.card.answered_by and found.answered_by else None
    return " ".join((answered or found.card.card[found.wording or "info"].detail).split())


def _rows(found: Assessment, rendering: Rendering) -> Iterator[Row]:
    """Deciding facts, then what the card also mentions, then the weakness itself; each fact once."""
    signals = found.card.signals
    asked: list[tuple[Fact, AnySignal | None]] = [
        (fact, signals[name])
        for name in (*found.deciding, *found.card.mentions)
        if found.answers[name].truth
        for fact in found.answers[name].facts
    ]
    asked += [(fact, None) for fact in rendering.weakness]
    seen: set[Fact] = set()
    for fact, signal in asked:
        if fact not in seen:
            yield row(fact, signal, rendering.knowledge.vocabulary)
        seen.add(fact)


def _fitted(rows: list[Row], room: int) -> list[Row]:
    if len(rows) <= room or room == 1:
        return rows[:room]
    return [*rows[: room - 1], Row("and more", f"{len(rows) - room + 1} further facts", "", "")]


def _cells(one: Row) -> str:
    return "| " + " | ".join(escape(cell) for cell in (one.name, one.value, one.date, one.threshold)) + " |"


def _notes(advice: Advice, rendering: Rendering) -> Iterator[str]:
    found = advice.found
    yield _sentence("**Caution:**", list(dict.fromkeys(_cautions(advice, rendering))))
    yield _sentence("**Note:**", list(_circumstances(advice, rendering)))
    yield _sentence("**Also points here:**", [_evidence(one, rendering) for one in advice.folded], "; ")
    yield _sentence("Already there:", [already_there(one, rendering) for one in advice.suppressed], "; ")
    yield _sentence("Not available:", [*_missing(found, rendering), *_unreadable(found, rendering)], ", ")
    yield _sentence("Limits:", list(found.card.limits[:1]))


def _sentence(head: str, parts: list[str], joint: str = " ") -> str:
    return f"{head} {joint.join(parts)}" if parts else ""


def _cautions(advice: Advice, rendering: Rendering) -> Iterator[str]:
    found = advice.found
    yield from (one.text for one in found.card.cautions if decide(one.when, found.truths))
    for proposal in advice.proposals:
        yield from order_notes(proposal, rendering)


def _circumstances(advice: Advice, rendering: Rendering) -> Iterator[str]:
    found = advice.found
    if found.suspected:
        yield "Suspected, not confirmed."
    if rendering.promoted_by:
        labels = dict.fromkeys(short(one, (), rendering.knowledge.vocabulary) for one in rendering.promoted_by)
        yield f"Weakness is recorded without a site; read as leg weakness because of {', '.join(labels)}."
    for fact in found.facts:
        if isinstance(fact, LabResult) and _has_rival(fact, rendering):
            label = rendering.knowledge.vocabulary.labs[fact.lab].label
            yield f"{label} has other results that may be as new; the more abnormal one is read."
    for proposal in advice.proposals:
        if proposal.pending:
            name = rendering.knowledge.vocabulary.orders[proposal.order].label
            pending = f"{escape(proposal.pending.priority)}, {study_date(proposal.pending)}"
            yield f"{name} is ordered ({pending}), but not as urgently as this calls for."
    if rendering.facts.patient.age is None:
        yield "Age is unknown; read as an adult."
    if advice.named:
        yield f"Not shown for lack of room: {', '.join(card.title for card in advice.named)}."


def _has_rival(result: LabResult, rendering: Rendering) -> bool:
    speaking = clean(newest(rendering.facts.labs.get(result.lab, ())))
    return len({(one.value, one.unit) for one in speaking}) > 1


def _evidence(found: Assessment, rendering: Rendering) -> str:
    facts = [short(fact, (), rendering.knowledge.vocabulary) for fact in found.facts]
    return f"{found.card.title} ({', '.join(dict.fromkeys(facts))})" if facts else found.card.title


def already_there(one: Suppressed, rendering: Rendering) -> str:
    """An order that is not suggested, and what was found in its place."""
    label = rendering.knowledge.vocabulary.orders[one.order].label
    if isinstance(one.found, LabResult):
        return f"{label} ({one.found.when.day})"
    return f"{label} {one.found.state} ({study_date(one.found)})"


def _unreadable(found: Assessment, rendering: Rendering) -> Iterator[str]:
    """Labs the card asks for that stand in the chart only in a way that cannot be read (protocol R10)."""
    vocabulary = rendering.knowledge.vocabulary
    asked = [signal.lab for signal in found.card.signals.values() if isinstance(signal, LabSignal)]
    asked += [vocabulary.orders[item.order].lab or "" for item in found.card.workup]
    reasons = {one.lab: one.reason for one in rendering.facts.left_out if one.lab}
    for lab in dict.fromkeys(asked):
        if lab in reasons and lab not in rendering.facts.labs:
            yield f"a readable {vocabulary.labs[lab].label} ({reasons[lab].removeprefix(f'{lab}: ')})"


def _looked_at(found: Assessment, labs: Collection[str]) -> Iterator[LabResult]:
    """The values that signals about these labs looked at."""
    for name, signal in found.card.signals.items() if labs else ():
        if isinstance(signal, LabSignal) and signal.lab in labs:
            yield from (one for one in found.answers[name].facts if isinstance(one, LabResult))


def _missing(found: Assessment, rendering: Rendering) -> Iterator[str]:
    labs = rendering.knowledge.vocabulary.labs
    cited = {fact.lab for fact in found.facts if isinstance(fact, LabResult)}
    missing = [one for one in found.missing if one not in cited]
    values = {one.lab: one for one in _looked_at(found, missing)}
    for name in missing:
        if name in values:
            yield f"a decisive {labs[name].label} (it is {escape(quantity(values[name]))})"
        else:
            yield labs[name].label if name in labs else found.card.signals[name].label or name.replace("-", " ")
    yield from (f"{one.input} ({one.reason})" for one in rendering.facts.unavailable)
