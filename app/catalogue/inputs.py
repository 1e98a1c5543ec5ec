"""What a card reads of a chart: names of the vocabulary, with their codes and units."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from app.knowledge.card import Card
from app.knowledge.signal import FindingSignal, LabSignal, MedicationSignal, StudySignal
from app.knowledge.vocabulary import Vocabulary


class InputLine(Struct, frozen=True, rename="camel"):
    """One name of the vocabulary with all its codes, and the units it may come in."""

    kind: str
    label: str
    codes: tuple[str, ...]
    units: tuple[str, ...] = ()


def describe_inputs(card: Card, vocabulary: Vocabulary) -> Iterator[InputLine]:
    """Every name that the card's signals ask for, once."""
    seen: set[tuple[str, str]] = set()
    for signal in card.signals.values():
        for kind, name in _names(signal):
            if (kind, name) not in seen:
                yield _input(kind, name, vocabulary)
            seen.add((kind, name))


def _names(signal: object) -> Iterator[tuple[str, str]]:
    match signal:
        case LabSignal():
            yield "lab", signal.lab
        case FindingSignal():
            yield from (("finding", name) for name in signal.finding)
        case MedicationSignal():
            yield from (("medication", name) for name in signal.medication)
        case StudySignal():
            yield from (("study", name) for name in signal.study)


def _input(kind: str, name: str, vocabulary: Vocabulary) -> InputLine:
    match kind:
        case "lab":
            lab = vocabulary.labs[name]
            return InputLine(kind, lab.label, _codes("LOINC", lab.loinc), tuple(lab.units))
        case "finding":
            found = vocabulary.findings[name]
            under = tuple(f"ICD-10-CM {code} and below: {display}" for code, display in found.icd10cm_under.items())
            phrases = (f"text: {', '.join(found.phrases)}",) if found.phrases else ()
            coded = (*_codes("SNOMED CT", found.snomed), *_codes("ICD-10-CM", found.icd10cm))
            return InputLine(kind, found.label, (*coded, *under, *phrases))
        case "medication":
            drugs = vocabulary.medications[name]
            return InputLine(
                kind, drugs.label, tuple(f"RxNorm {one.rxnorm}: {drug}" for drug, one in drugs.ingredients.items())
            )
        case _:
            order = vocabulary.orders[name]
            return InputLine(kind, order.label, (*_codes("LOINC", order.loinc), *_codes("SNOMED CT", order.snomed)))


def _codes(system: str, codes: dict[str, str]) -> tuple[str, ...]:
    return tuple(f"{system} {code}: {display}" for code, display in codes.items())
