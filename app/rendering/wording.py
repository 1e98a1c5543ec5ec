"""How a fact reads: its name, its value, its date, and what was asked of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from app.facts.model import Fact, Finding, LabResult, Prescription, Stay, Study
from app.knowledge.signal import Aged, AnySignal, FindingSignal, LabSignal, MedicationSignal
from app.knowledge.vocabulary import Vocabulary
from app.reasoning.threshold import converted, cut_unit

_SHOWN = Decimal("0.01")
_SMALL = 10
_HUGE = 1e15  # no measurement, and nothing behind the point to cut


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the facts table. `value` may hold chart text, and is to be escaped by whoever shows it."""

    name: str
    value: str
    date: str
    threshold: str


def short(fact: Fact, names: Iterable[str], vocabulary: Vocabulary) -> str:
    """A fact in a few words of our own, safe anywhere: `Potassium 2.4 mmol/L`, `urinary retention`, `digoxin`."""
    match fact:
        case LabResult():
            return f"{vocabulary.labs[fact.lab].label} {quantity(fact)}"
        case Finding():
            return finding_label(fact, names, vocabulary)
        case Prescription():
            return fact.ingredient
        case Study():
            return f"{vocabulary.orders[fact.order].label} {fact.state}"
        case Stay():
            return f"{fact.length.days} days in hospital"


def quantity(result: LabResult) -> str:
    """Value and unit: `<150 pg/mL`."""
    return f"{result.comparator}{number(result.value)}{shown_unit(result.unit)}"


def shown_unit(unit: str) -> str:
    """A unit as it follows a number; ratios and scores have none to show."""
    return "" if unit in ("1", "{score}") else f" {unit}"


def number(value: float) -> str:
    """A number as charts show it. Longer ones are cut, not rounded, so that none seems to reach a threshold."""
    if abs(value) >= _HUGE:
        return f"{value:.6g}"
    return f"{Decimal(str(value)).quantize(_SHOWN, ROUND_DOWN).normalize():f}"


def limit(value: float) -> str:
    """A threshold as clinicians write it: `3.0`, `2.5`, `350`."""
    return f"{value:.1f}" if value < _SMALL and value == round(value) else f"{value:.10g}"


def finding_label(finding: Finding, names: Iterable[str], vocabulary: Vocabulary) -> str:
    """The vocabulary's label for a finding: of the names that were asked for, else of a trigger, else of any."""
    asked = [name for name in names if name in finding.names]
    others = sorted(finding.names, key=lambda name: (vocabulary.roles[name] != "trigger", name))
    return vocabulary.findings[(asked or others)[0]].label


def asked_names(signal: AnySignal | None) -> tuple[str, ...]:
    """The vocabulary names a signal asks for."""
    return signal.finding if isinstance(signal, FindingSignal) else ()


def row(fact: Fact, signal: AnySignal | None, vocabulary: Vocabulary) -> Row:
    """One fact with what the signal asked of it; without a signal, the bare fact."""
    match fact:
        case LabResult():
            name = vocabulary.labs[fact.lab].label
            return Row(name, _converted(fact, signal, vocabulary), fact.when.day, _cut(fact, signal, vocabulary))
        case Finding():
            label = finding_label(fact, asked_names(signal), vocabulary)
            return Row(label, _wording(fact), finding_date(fact), _age_limit(signal))
        case Prescription():
            date = f"prescribed {fact.authored.day}" if fact.authored else "no date"
            return Row("medication", fact.ingredient, date, _taken(fact, signal))
        case Study():
            return Row(vocabulary.orders[fact.order].label, fact.state, study_date(fact), "")
        case Stay():
            return Row("stay in hospital", f"{fact.length.days} days", f"admitted {fact.admitted.day}", "")


def finding_date(finding: Finding) -> str:
    """The date that is known of it, and which one it is."""
    if finding.onset:
        return f"onset {finding.onset.day}"
    return f"recorded {finding.recorded.day}" if finding.recorded else "no date"


def study_date(study: Study) -> str:
    """The day of a study."""
    return study.when.day if study.when else "no date"


def _wording(finding: Finding) -> str:
    """The chart's own words, with how sure they are and whether they are only words."""
    marks = [word for word, said in (("suspected", finding.suspected), ("from text", finding.from_text)) if said]
    return f"{finding.display} ({', '.join(marks)})" if marks else finding.display


def _taken(prescription: Prescription, signal: AnySignal | None) -> str:
    if prescription.current:
        return "taken now"
    window = signal.within if isinstance(signal, MedicationSignal) else None
    return f"within {window.text}" if window else ""


def _converted(result: LabResult, signal: AnySignal | None, vocabulary: Vocabulary) -> str:
    """The value, and beside it the same in the unit of the threshold where that is another."""
    cuts = (
        [one for one in (signal.at_least, signal.above, signal.below) if one] if isinstance(signal, LabSignal) else []
    )
    lab = vocabulary.labs[result.lab]
    units = {cut_unit(result, cut, lab) for cut in cuts}
    return ", ".join(
        [quantity(result), *(f"= {number(converted(result, one, lab))} {one}" for one in units - {result.unit})]
    )


def _cut(result: LabResult, signal: AnySignal | None, vocabulary: Vocabulary) -> str:
    if not isinstance(signal, LabSignal):
        return ""
    lab = vocabulary.labs[result.lab]
    cuts = (("at least", signal.at_least), ("above", signal.above), ("below", signal.below))
    units = {word: cut_unit(result, cut, lab) for word, cut in cuts if cut}
    parts = [f"{word} {limit(cut[units[word]])}{shown_unit(units[word])}" for word, cut in cuts if cut]
    if signal.above_limit:
        parts.append(f"above the laboratory's {result.upper_limit:.10g}")
    if signal.at_least_times_limit:
        parts.append(f"at least {signal.at_least_times_limit:.10g} times the laboratory's {result.upper_limit:.10g}")
    if signal.outside_range:
        parts.append("outside the laboratory's range")
    return ", ".join(parts)


def _age_limit(signal: AnySignal | None) -> str:
    if not isinstance(signal, Aged):
        return ""
    limits = (
        ("within", signal.within),
        ("not known to be older than", signal.not_older_than),
        ("older than", signal.older_than),
    )
    return ", ".join(f"{word} {limit.text}" for word, limit in limits if limit)
