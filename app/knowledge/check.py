"""What a schema cannot say: names that must resolve, signals that must be used, words that must fit the logic."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from pathlib import PurePath

from app.errors import Problem
from app.knowledge.base import nearest
from app.knowledge.card import Card
from app.knowledge.logic import Logic
from app.knowledge.rules import EvaluationRules, OrderCaution
from app.knowledge.signal import FindingSignal, LabSignal, MedicationSignal, StudySignal
from app.knowledge.source import Source
from app.knowledge.vocabulary import Vocabulary

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
BECAUSE = "because"
"""The placeholder for the facts that decided, which every level has."""
ORDERS = "orders"
"""The placeholder for the orders that are still open."""

Step = str | int
Issue = tuple[tuple[Step, ...], str]


def check_cards(
    cards: Sequence[tuple[Source, Card]], vocabulary: Vocabulary, ids: Collection[str]
) -> Iterator[Problem]:
    """Every problem of every card. `ids` are those of all card files, the unreadable ones too."""
    files = Counter(card.id for _, card in cards)
    for source, card in cards:
        checks = (
            _check_id(source, card),
            _check_signals(card, vocabulary),
            _check_logic(card),
            _check_words(card),
            _check_orders(card, vocabulary),
            _check_evidence(card),
            _check_neighbours(card, ids),
        )
        yield from (source.problem(where, message) for check in checks for where, message in check)
        if files[card.id] > 1:
            yield source.problem(("id",), f"another file has the id `{card.id}` too")


def overdue_reviews(cards: Iterable[Card], today: date) -> Iterator[str]:
    """Cards whose review is overdue: a warning and no problem, so that files that served yesterday serve today."""
    for card in cards:
        if card.review.review_due < today:
            yield f"card `{card.id}`: its review was due on {card.review.review_due.isoformat()}"


def check_rules(
    source: Source, rules: EvaluationRules, vocabulary: Vocabulary, ids: Collection[str]
) -> Iterator[Problem]:
    """The names in evaluation.yaml must exist."""
    weakness = rules.weakness
    named: list[tuple[tuple[Step, ...], tuple[str, ...]]] = [
        (("weakness", "specific"), weakness.specific),
        (("weakness", "non_specific"), weakness.non_specific),
        (("weakness", "leg_directed"), weakness.leg_directed),
        *((("weakness", "promotion", index), one.finding) for index, one in enumerate(weakness.promotion)),
    ]
    issues = [issue for where, names in named for issue in unknown_names(where, "finding", names, vocabulary.findings)]
    yield from (source.problem(where, message) for where, message in issues)
    for name in (one for one in rules.most_urgent_first if one not in ids):
        yield source.problem(("most_urgent_first",), f"no card `{name}`{nearest(name, ids)}")
    if weakness.quiet_card not in ids:
        hint = nearest(weakness.quiet_card, ids)
        yield source.problem(("weakness", "quiet_card"), f"no card `{weakness.quiet_card}`{hint}")


def check_cautions(source: Source, cautions: Sequence[OrderCaution], vocabulary: Vocabulary) -> Iterator[Problem]:
    """The names in cautions.yaml must exist."""
    for index, caution in enumerate(cautions):
        issues = (
            *unknown_names((index, "orders"), "order", caution.orders, vocabulary.orders),
            *unknown_names((index, "finding"), "finding", caution.finding, vocabulary.findings),
            *unknown_names((index, "medication"), "medication", caution.medication, vocabulary.medications),
        )
        yield from (source.problem(where, message) for where, message in issues)


def check_vocabulary(vocabulary: Vocabulary, orders: Source) -> Iterator[Problem]:
    """Orders must name labs, other orders and a code of their own."""
    for name, entry in vocabulary.orders.items():
        for other in (*entry.satisfied_by, *entry.replaced_by, *entry.covers):
            if other not in vocabulary.orders:
                yield orders.problem((name,), f"no order `{other}`{nearest(other, vocabulary.orders)}")
        if entry.lab and entry.lab not in vocabulary.labs:
            yield orders.problem((name, "lab"), f"no lab `{entry.lab}`{nearest(entry.lab, vocabulary.labs)}")
            continue
        own = vocabulary.labs[entry.lab].loinc if entry.lab else entry.loinc
        if entry.order_as.code not in (own if entry.order_as.system == "loinc" else entry.snomed):
            yield orders.problem((name, "order_as"), f"`{entry.order_as.code}` is not one of the codes of `{name}`")


def _check_id(source: Source, card: Card) -> Iterator[Issue]:
    stem = PurePath(source.file).stem
    if card.id != stem:
        yield ("id",), f"the id must be the name of the file: `{stem}`, not `{card.id}`"


def _check_signals(card: Card, vocabulary: Vocabulary) -> Iterator[Issue]:
    for name, signal in card.signals.items():
        here = ("signals", name)
        match signal:
            case LabSignal():
                yield from _check_lab(here, signal, vocabulary)
            case FindingSignal():
                yield from unknown_names((*here, "finding"), "finding", signal.finding, vocabulary.findings)
            case MedicationSignal():
                yield from unknown_names((*here, "medication"), "medication", signal.medication, vocabulary.medications)
            case StudySignal():
                yield from unknown_names((*here, "study"), "order", signal.study, vocabulary.orders)


def _check_lab(here: tuple[str, str], signal: LabSignal, vocabulary: Vocabulary) -> Iterator[Issue]:
    yield from unknown_names((*here, "lab"), "lab", (signal.lab,), vocabulary.labs)
    lab = vocabulary.labs.get(signal.lab)
    for word in ("below", "at_least", "above"):
        cut: dict[str, float] = getattr(signal, word) or {}
        for unit in cut if lab else ():
            if lab and unit not in lab.units:
                yield (*here, word), f"`{signal.lab}` does not come in `{unit}`{nearest(unit, lab.units)}"
        if cut and not signal.evidence:
            yield (*here, word), "a number needs its source: `evidence` is missing"


def unknown_names(here: tuple[Step, ...], kind: str, names: Iterable[str], known: Iterable[str]) -> Iterator[Issue]:
    """Those of the names that the vocabulary does not have, each with the nearest that it has."""
    known = list(known)
    for name in names:
        if name not in known:
            yield here, f"no {kind} `{name}` in the vocabulary{nearest(name, known)}"


def _logics(card: Card) -> Iterator[tuple[tuple[Step, ...], Logic]]:
    yield from ((("levels", level), logic) for level, logic in card.levels.items())
    for index, item in enumerate(card.workup):
        for word in ("when", "unless", "even_if_done_when", "even_if_ordered_when"):
            if getattr(item, word):
                yield ("workup", index, word), getattr(item, word)
    yield from ((("cautions", index, "when"), caution.when) for index, caution in enumerate(card.cautions))
    yield from ((("yields_to", index, "when"), rule.when) for index, rule in enumerate(card.yields_to) if rule.when)


def _named(card: Card) -> Iterator[tuple[tuple[Step, ...], str]]:
    for where, logic in _logics(card):
        yield from ((where, name) for name in logic.names())
    yield from ((("mentions",), name) for name in card.mentions)
    yield from ((("promoted",), name) for name in (card.promoted.unless if card.promoted else ()))
    yield from ((("applies_to",), name) for name in card.applies_to.also_on)


def _check_logic(card: Card) -> Iterator[Issue]:
    named = list(_named(card))
    for where, name in named:
        if name not in card.signals:
            yield where, f"no signal `{name}` in this file{nearest(name, card.signals)}"
    for name in card.signals.keys() - {name for _, name in named}:
        yield ("signals", name), f"signal `{name}` is never used"


def _check_words(card: Card) -> Iterator[Issue]:
    for level in card.levels.keys() - card.card.keys():
        yield ("levels", level), f"`card` has no words for level `{level}`"
    for level, words in card.card.items():
        if level not in card.levels:
            yield ("card", level), f"`levels` has no level `{level}`"
            continue
        certain = {*card.levels[level].certain(), BECAUSE, ORDERS}
        for word in ("summary", "detail"):
            for name in _PLACEHOLDER.findall(getattr(words, word)):
                if name not in certain:
                    hint = nearest(name, certain)
                    yield ("card", level, word), f"`{{{name}}}` is not always known at level `{level}`{hint}"


def _check_orders(card: Card, vocabulary: Vocabulary) -> Iterator[Issue]:
    for index, item in enumerate(card.workup):
        yield from unknown_names(("workup", index, "order"), "order", (item.order,), vocabulary.orders)
    for index, caution in enumerate(card.cautions):
        yield from unknown_names(("cautions", index, "orders"), "order", caution.orders, vocabulary.orders)
    if card.answered_by:
        yield from unknown_names(("answered_by", "study"), "order", card.answered_by.study, vocabulary.orders)


def _check_evidence(card: Card) -> Iterator[Issue]:
    used: dict[str, tuple[Step, ...]] = {card.source: ("source",)}
    used |= {signal.evidence: ("signals", name) for name, signal in card.signals.items() if signal.evidence}
    used |= {caution.evidence: ("cautions", index) for index, caution in enumerate(card.cautions) if caution.evidence}
    for key, where in used.items():
        if key not in card.evidence:
            yield where, f"no evidence `{key}` in this file{nearest(key, card.evidence)}"
    if card.source in card.evidence and card.evidence[card.source].url is None:
        yield ("source",), f"evidence `{card.source}` needs a url: it is the source that the card shows"
    for key in card.evidence.keys() - used.keys():
        yield ("evidence", key), f"evidence `{key}` is never used"


def _check_neighbours(card: Card, ids: Collection[str]) -> Iterator[Issue]:
    for index, rule in enumerate(card.yields_to):
        for name in () if rule.cards == "any" else rule.cards:
            if name not in ids:
                yield ("yields_to", index, "cards"), f"no card `{name}`{nearest(name, ids)}"
