"""Signals, logic and sources in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from app.knowledge.card import Evidence
from app.knowledge.logic import Logic
from app.knowledge.signal import (
    Aged,
    AgeSignal,
    AnySignal,
    Cut,
    FindingSignal,
    LabSignal,
    MedicationSignal,
    SexSignal,
    StaySignal,
    StudySignal,
    WeaknessSignal,
)
from app.knowledge.vocabulary import Vocabulary


def describe(signal: AnySignal, vocabulary: Vocabulary) -> str:  # noqa: PLR0911 (one branch a kind of signal)
    """What a signal asks for: `Potassium below 2.5 mmol/L, within 7 days`."""
    match signal:
        case LabSignal():
            return f"{vocabulary.labs[signal.lab].label} {', '.join(_asked_of_lab(signal))}"
        case FindingSignal():
            return _finding(signal, _either(vocabulary.findings[name].label for name in signal.finding))
        case MedicationSignal():
            return _medication(signal, _either(vocabulary.medications[name].label for name in signal.medication))
        case StudySignal():
            studies = _either(vocabulary.orders[name].label for name in signal.study)
            since = ", after the onset of the weakness" if signal.after_onset else ""
            return f"{studies} {signal.state} within {signal.within.text}{since}"
        case StaySignal():
            return f"a stay in hospital of more than {signal.stay.text} within {signal.within.text}"
        case WeaknessSignal():
            return _with_age(f"{_either(signal.weakness)} weakness", signal)
        case AgeSignal():
            limits = (("at least", signal.at_least), ("below", signal.below))
            return "age " + ", ".join(f"{word} {limit} years" for word, limit in limits if limit is not None)
        case SexSignal():
            return f"recorded as {signal.sex}"


def describe_logic(logic: Logic, signals: Mapping[str, AnySignal], vocabulary: Vocabulary) -> str:
    """A condition: `A AND (B OR C) AND NOT (D)`.

    Capitals join signals; a small `or` belongs to one signal, whose label may hold several.
    """

    def words(one: str | Logic) -> str:
        return describe(signals[one], vocabulary) if isinstance(one, str) else describe_logic(one, signals, vocabulary)

    def term(one: str | Logic) -> str:
        return words(one) if isinstance(one, str) else f"({words(one)})"

    parts = [term(one) for one in logic.all_of]
    if logic.any_of:
        either = " OR ".join(term(one) for one in logic.any_of)
        alone = not (logic.all_of or logic.none_of or logic.at_least)
        parts.append(either if alone else f"({either})")
    parts += [f"NOT ({words(one)})" for one in logic.none_of]
    if logic.at_least:
        parts.append(f"at least {logic.at_least.count} of ({'; '.join(term(one) for one in logic.at_least.of)})")
    return " AND ".join(parts)


def citation(one: Evidence) -> str:
    """A source in one line."""
    return f"{one.organisation}: {one.citation}"


def _either(names: Iterable[str]) -> str:
    return " or ".join(names)


def _finding(signal: FindingSignal, labels: str) -> str:
    extras = (
        (signal.with_weakness, "recorded with the weakness"),
        (signal.before_weakness, "older than the weakness"),
        (signal.not_promoting, "beside what made the weakness count as one of the legs"),
        (signal.dated_by == "onset-or-recorded", "by onset or else by record"),
    )
    return ", ".join([_with_age(labels, signal), *(words for given, words in extras if given)])


def _medication(signal: MedicationSignal, labels: str) -> str:
    since = f", or prescribed within {signal.within.text}" if signal.within else ""
    start = signal.started_before_weakness
    return f"{labels} taken now{since}" + (f", started within {start.text} before the weakness" if start else "")


def _asked_of_lab(signal: LabSignal) -> Iterator[str]:
    cuts = (("at least", signal.at_least), ("above", signal.above), ("below", signal.below))
    yield from (f"{word} {_cut(cut)}" for word, cut in cuts if cut)
    if signal.above_limit:
        yield "above the laboratory's limit"
    if signal.at_least_times_limit:
        yield f"at least {signal.at_least_times_limit:.10g} times the laboratory's limit"
    if signal.without_limit:
        yield "without a limit from the laboratory"
    if signal.outside_range:
        yield "outside the laboratory's range"
    if signal.flag:
        yield f"reported as {signal.flag}"
    yield f"within {signal.within.text}"
    if signal.older_than:
        yield f"older than {signal.older_than.text}"


def _cut(cut: Cut) -> str:
    return " = ".join(f"{limit:.10g} {unit}" for unit, limit in cut.items())


def _with_age(words: str, signal: Aged) -> str:
    limits = (
        ("within", signal.within),
        ("not known to be within", signal.not_within),
        ("older than", signal.older_than),
        ("not known to be older than", signal.not_older_than),
    )
    return ", ".join([words, *(f"{word} {limit.text}" for word, limit in limits if limit)])
