"""Three-valued logic: True, False, and None for what the chart does not tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.knowledge.logic import AtLeast, Logic

Truth = bool | None


def every(truths: Iterable[Truth]) -> Truth:
    """True when all are, False as soon as one is."""
    known: Truth = True
    for truth in truths:
        if truth is False:
            return False
        if truth is None:
            known = None
    return known


def some(truths: Iterable[Truth]) -> Truth:
    """True as soon as one is, False when all are."""
    known: Truth = False
    for truth in truths:
        if truth is True:
            return True
        if truth is None:
            known = None
    return known


def negate(truth: Truth) -> Truth:
    """What is unknown stays so."""
    return None if truth is None else not truth


def decide(logic: Logic, truths: Mapping[str, Truth]) -> Truth:
    """Whether the condition holds, given what is known of each signal; none is asked once the answer is settled."""
    known: Truth = True
    for term in logic.all_of:
        truth = truths[term] if isinstance(term, str) else decide(term, truths)
        if truth is False:
            return False
        known = known if truth else None
    for term in logic.none_of:
        truth = truths[term] if isinstance(term, str) else decide(term, truths)
        if truth:
            return False
        known = known if truth is False else None
    if logic.any_of:
        known = every((known, _any(logic.any_of, truths)))
    if logic.at_least and known is not False:
        known = every((known, _count(logic.at_least, truths)))
    return known


def _any(terms: Iterable[str | Logic], truths: Mapping[str, Truth]) -> Truth:
    known: Truth = False
    for term in terms:
        truth = truths[term] if isinstance(term, str) else decide(term, truths)
        if truth:
            return True
        known = None if truth is None else known
    return known


def _term(term: str | Logic, truths: Mapping[str, Truth]) -> Truth:
    return truths[term] if isinstance(term, str) else decide(term, truths)


def _count(rule: AtLeast, truths: Mapping[str, Truth]) -> Truth:
    values = [truths[name] for name in rule.of]
    if values.count(True) >= rule.count:
        return True
    return False if len(values) - values.count(False) < rule.count else None


def deciding(logic: Logic, truths: Mapping[str, Truth]) -> list[str]:
    """The signals that make a condition which holds hold, in the order in which they are written."""
    names: list[str] = []
    for term in (*logic.all_of, *logic.any_of):
        if _term(term, truths) is True:
            names += [term] if isinstance(term, str) else deciding(term, truths)
    names += [name for name in (logic.at_least.of if logic.at_least else ()) if truths[name] is True]
    return list(dict.fromkeys(names))


def undecided(logic: Logic, truths: Mapping[str, Truth]) -> list[str]:
    """The signals that a condition which is unknown hangs on."""
    names: list[str] = []
    for term in (*logic.all_of, *logic.any_of, *logic.none_of):
        if _term(term, truths) is None:
            names += [term] if isinstance(term, str) else undecided(term, truths)
    names += [name for name in (logic.at_least.of if logic.at_least else ()) if truths[name] is None]
    return list(dict.fromkeys(names))
