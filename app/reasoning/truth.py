"""Three-valued logic: True, False, and None for what the chart does not tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.knowledge.logic import AtLeast, Logic

Truth = bool | None


def every(truths: Iterable[Truth]) -> Truth:
    """True when all are, False as soon as one is."""
    several = list(truths)
    if False in several:
        return False
    return None if None in several else True


def some(truths: Iterable[Truth]) -> Truth:
    """True as soon as one is, False when all are."""
    return negate(every(negate(one) for one in truths))


def negate(truth: Truth) -> Truth:
    """What is unknown stays so."""
    return None if truth is None else not truth


def decide(logic: Logic, truths: Mapping[str, Truth]) -> Truth:
    """Whether the condition holds, given what is known of each signal."""
    parts = [*(_term(one, truths) for one in logic.all_of)]
    if logic.any_of:
        parts.append(some(_term(one, truths) for one in logic.any_of))
    parts += [negate(_term(one, truths)) for one in logic.none_of]
    if logic.at_least:
        parts.append(_count(logic.at_least, truths))
    return every(parts)


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
