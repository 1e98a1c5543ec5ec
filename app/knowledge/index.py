"""Look-ups by code, compiled once, so that the cost of a chart does not grow with the number of names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from app.knowledge.systems import ICD10CM, LOINC, SNOMED, canonical_system
from app.knowledge.vocabulary import Vocabulary

Names = tuple[str, ...]
K = TypeVar("K", bound=Hashable)
_CATEGORY = 3  # the letters of an ICD-10-CM category, and the shortest code there is


@dataclass(frozen=True, slots=True)
class Drug:
    """What one RxNorm code or drug name means: the ingredient and the groups it counts for."""

    ingredient: str
    groups: Names


@dataclass(frozen=True, slots=True)
class CodeIndex:
    """Names by (canonical system, code). ICD-10-CM codes are held without the dot, upper case.

    `finding_codes` are the codes of `findings` whatever their system: most codes of a chart are not among them.
    `units` has, for each lab, the UCUM unit that each spelling of a unit means there; `covered_by` the wider orders.
    """

    findings: Mapping[tuple[str, str], Names]
    finding_codes: frozenset[str]
    icd_under: Mapping[str, Names]
    icd_categories: frozenset[str]
    labs: Mapping[str, str]
    calculated: Names
    units: Mapping[str, Mapping[str, str]]
    orders: Mapping[tuple[str, str], Names]
    covered_by: Mapping[str, Names]
    drugs: Mapping[str, tuple[Drug, ...]]

    def findings_of(self, system: str | None, code: str | None) -> Names:
        """The findings that a coding names; none for a code or system that the vocabulary does not hold."""
        if not system or not code or (code not in self.finding_codes and code[0].isdigit()):
            return ()  # no code of ICD-10-CM, which may be held by its beginning, starts with a digit
        system = canonical_system(system) or ""
        if system != ICD10CM:
            return self.findings.get((system, code), ())
        plain = plain_icd(code)
        if plain[:_CATEGORY] not in self.icd_categories:
            return ()
        under = [self.icd_under.get(plain[:length], ()) for length in range(_CATEGORY, len(plain) + 1)]
        return tuple(dict.fromkeys((*self.findings.get((system, plain), ()), *chain.from_iterable(under))))


def plain_icd(code: str) -> str:
    """An ICD-10-CM code without its dot, upper case."""
    return code.replace(".", "").strip().upper()


def build_index(vocabulary: Vocabulary) -> CodeIndex:
    """Turn the vocabulary inside out."""
    findings = vocabulary.findings.items()
    exact = [((SNOMED, code), name) for name, entry in findings for code in entry.snomed]
    exact += [((ICD10CM, plain_icd(code)), name) for name, entry in findings for code in entry.icd10cm]
    under = [(plain_icd(code), name) for name, entry in findings for code in entry.icd10cm_under]
    orders = vocabulary.orders.items()
    ordered = [((LOINC, code), name) for name, entry in orders for code in entry.loinc]
    ordered += [((SNOMED, code), name) for name, entry in orders for code in entry.snomed]
    for name, entry in orders:
        if entry.lab:
            ordered += [((LOINC, code), name) for code in vocabulary.labs[entry.lab].loinc]
    return CodeIndex(
        findings=_grouped(exact),
        finding_codes=frozenset(code for (_, code), _ in exact),
        icd_under=_grouped(under),
        icd_categories=frozenset(code[:_CATEGORY] for (system, code), _ in exact if system == ICD10CM)
        | frozenset(code[:_CATEGORY] for code, _ in under),
        labs={code: name for name, lab in vocabulary.labs.items() for code in lab.loinc},
        calculated=tuple(name for name, lab in vocabulary.labs.items() if lab.calculated),
        units={name: _spellings(lab.units, vocabulary.unit_aliases) for name, lab in vocabulary.labs.items()},
        orders=_grouped(ordered),
        covered_by=_grouped((covered, name) for name, entry in orders for covered in entry.covers),
        drugs=_drugs(vocabulary),
    )


def _spellings(units: Iterable[str], aliases: Mapping[str, str]) -> dict[str, str]:
    """Each unit by its own name, unless that is an alias of another, and by its aliases."""
    known = {unit: unit for unit in units}
    translated = {written: unit for written, unit in aliases.items() if unit in known}
    return {written: unit for written, unit in known.items() if written not in aliases} | translated


def _grouped(pairs: Iterable[tuple[K, str]]) -> dict[K, Names]:
    grouped: dict[K, dict[str, None]] = defaultdict(dict)
    for key, name in pairs:
        grouped[key][name] = None
    return {key: tuple(names) for key, names in grouped.items()}


def _drugs(vocabulary: Vocabulary) -> dict[str, tuple[Drug, ...]]:
    """By RxNorm code. A product that does not act on the whole body counts only for groups that take any route.

    A code that is known to act locally stands here without groups, so that its name is not read instead.
    """
    groups: dict[str, dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    for group, entry in vocabulary.medications.items():
        for name, drug in entry.ingredients.items():
            elsewhere = (*drug.products.non_systemic, *drug.products.unclassified) if entry.any_route else ()
            for code in (drug.rxnorm, *drug.products.systemic, *elsewhere):
                groups[code][name][group] = None
            for code in drug.products.non_systemic:
                groups[code].setdefault(name, {})
    return {
        code: tuple(Drug(name, tuple(found)) for name, found in by_name.items()) for code, by_name in groups.items()
    }
