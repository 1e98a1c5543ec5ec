"""Every code, unit and factor of the vocabulary stands in vocabulary_codes.txt, one a line, and nothing else does.

A code that is added, dropped or moved shows there as a line of the change, to be looked up before it is let in. That
each of them is a verified one is for test_vocabulary_codes.py, where the verified tables are at hand. To write the
file anew: `python -m tests.knowledge.test_vocabulary_listing`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from app.knowledge.knowledge import Knowledge, load_knowledge
from app.knowledge.vocabulary import LabEntry, MedicationEntry, Vocabulary
from app.settings import CARDS

LISTING = Path(__file__).parent / "vocabulary_codes.txt"


def listed(vocabulary: Vocabulary) -> Iterator[str]:
    """`kind name system code`, in the order of the vocabulary."""
    for name, finding in vocabulary.findings.items():
        for system in ("snomed", "icd10cm", "icd10cm_under"):
            yield from (f"finding {name} {system} {code}" for code in getattr(finding, system))
    for name, lab in vocabulary.labs.items():
        yield from _lab(name, lab)
    for name, group in vocabulary.medications.items():
        yield from _group(name, group)
    for name, order in vocabulary.orders.items():
        for system in ("loinc", "snomed"):
            yield from (f"order {name} {system} {code}" for code in getattr(order, system))
        yield f"order {name} order_as {order.order_as.system} {order.order_as.code}"
    yield from (f"unit {written} means {unit}" for written, unit in vocabulary.unit_aliases.items())


def _lab(name: str, lab: LabEntry) -> Iterator[str]:
    yield from (f"lab {name} loinc {code}" for code in lab.loinc)
    for unit in lab.units:
        conversion = lab.conversion(unit)
        offset = f" + {conversion.offset:.10g}" if conversion.offset else ""
        yield f"lab {name} unit {unit} = {conversion.factor:.10g}{offset} {lab.unit}"


def _group(name: str, group: MedicationEntry) -> Iterator[str]:
    for ingredient, drug in group.ingredients.items():
        yield f"medication {name} {ingredient}: rxnorm {drug.rxnorm}"
        for route in ("systemic", "non_systemic", "unclassified"):
            yield from (f"medication {name} {ingredient}: {route} {code}" for code in getattr(drug.products, route))


def wrong_codes(known: Knowledge) -> Iterator[str]:
    """The lines that only one of the two has."""
    ours, stored = set(listed(known.vocabulary)), set(LISTING.read_text(encoding="utf-8").splitlines())
    yield from (f"in cards/, not in the listing: {line}" for line in sorted(ours - stored))
    yield from (f"in the listing, not in cards/: {line}" for line in sorted(stored - ours))


def test_the_codes_are_those_that_were_let_in() -> None:
    assert list(wrong_codes(load_knowledge(CARDS))) == []


def test_no_code_stands_twice_in_one_list() -> None:
    lines = list(listed(load_knowledge(CARDS).vocabulary))
    assert len(lines) == len(set(lines))


if __name__ == "__main__":
    LISTING.write_text("\n".join(listed(load_knowledge(CARDS).vocabulary)) + "\n", encoding="utf-8")
