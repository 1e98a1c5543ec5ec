"""No code is used that the shared, verified tables do not hold."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.knowledge.index import plain_icd
from app.knowledge.knowledge import load_knowledge
from app.knowledge.systems import ICD10CM, LOINC, RXNORM, SNOMED
from app.knowledge.vocabulary import Linear, Vocabulary
from app.settings import CARDS

CLINICAL = Path("../shared/clinical")

pytestmark = pytest.mark.skipif(not CLINICAL.is_dir(), reason="the shared clinical tables are not beside this checkout")


def rows(name: str) -> Iterator[dict[str, str]]:
    with (CLINICAL / name).open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return load_knowledge(CARDS).vocabulary


@pytest.fixture(scope="module")
def verified() -> dict[tuple[str, str], set[str]]:
    """Groups by system and code."""
    table: dict[tuple[str, str], set[str]] = defaultdict(set)
    for name in ("codes.csv", "modifier_codes.csv"):
        for row in rows(name):
            table[row["system"], row["code"]].add(row["group"])
    for row in rows("rxnorm_products.csv"):
        table[RXNORM, row["product_rxcui"]].add(row["group"])
        table[RXNORM, row["ingredient_rxcui"]].add(row["group"])
    return dict(table)


def test_every_finding_code_is_verified_in_its_group(
    vocabulary: Vocabulary, verified: dict[tuple[str, str], set[str]]
) -> None:
    unknown = [
        (name, code)
        for name, entry in vocabulary.findings.items()
        for system, codes in ((SNOMED, entry.snomed), (ICD10CM, entry.icd10cm))
        for code in codes
        if not verified.get((system, code), set()) & set(entry.source)
    ]
    assert unknown == []


def test_every_category_covers_verified_codes_of_its_group(
    vocabulary: Vocabulary, verified: dict[tuple[str, str], set[str]]
) -> None:
    icd = [(plain_icd(code), groups) for (system, code), groups in verified.items() if system == ICD10CM]
    unknown = [
        (name, category)
        for name, entry in vocabulary.findings.items()
        for category in entry.icd10cm_under
        if not any(code.startswith(plain_icd(category)) and groups & set(entry.source) for code, groups in icd)
    ]
    assert unknown == []


def test_every_order_code_is_verified(vocabulary: Vocabulary, verified: dict[tuple[str, str], set[str]]) -> None:
    unknown = [
        (name, code)
        for name, entry in vocabulary.orders.items()
        for system, codes in ((LOINC, entry.loinc), (SNOMED, entry.snomed))
        for code in codes
        if (system, code) not in verified
    ]
    assert unknown == []


def test_every_drug_code_is_verified_in_its_group(
    vocabulary: Vocabulary, verified: dict[tuple[str, str], set[str]]
) -> None:
    unknown = [
        (name, code)
        for name, entry in vocabulary.medications.items()
        for drug in entry.ingredients.values()
        for products in (drug.products,)
        for code in (drug.rxnorm, *products.systemic, *products.non_systemic, *products.unclassified)
        if not verified.get((RXNORM, code), set()) & set(entry.source)
    ]
    assert unknown == []


def test_every_lab_code_unit_and_factor_is_that_of_the_verified_table(vocabulary: Vocabulary) -> None:
    table = {(row["loinc"], row["accepted_ucum"]): row["factor_accepted_to_canonical"] for row in rows("lab_units.csv")}
    for lab in vocabulary.labs.values():
        for code in lab.loinc:
            for unit, conversion in lab.units.items():
                assert (code, unit) in table
                if not isinstance(conversion, Linear):
                    factor = table[code, unit]
                    assert conversion == float(factor) if factor[0].isdigit() else "x" in factor
