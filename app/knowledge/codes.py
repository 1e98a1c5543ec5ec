"""Codes as their systems write them: one with a typing error matches nothing in any chart, and nobody would know."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

# SNOMED CT's check digit is Verhoeff's: products in the dihedral group of ten elements, and powers of a permutation.
_PRODUCTS = (
    *("0123456789", "1234067895", "2340178956", "3401289567", "4012395678"),
    *("5987604321", "6598710432", "7659821043", "8765932104", "9876543210"),
)
_POWERS = (
    *("0123456789", "1576283094", "5803796142", "8916043527"),
    *("9453126870", "4286573901", "2793806415", "7046913258"),
)


def _snomed(code: str) -> str:
    if not re.fullmatch(r"[1-9]\d{5,17}", code) or _verhoeff(code):
        raise ValueError("a SNOMED CT code was expected, of 6 to 18 digits with the right check digit at the end")
    return code


def _loinc(code: str) -> str:
    if not re.fullmatch(r"\d{1,7}-\d", code) or _luhn(code.replace("-", "")):
        raise ValueError("a LOINC code such as 2823-3 was expected, with the right check digit at the end")
    return code


def _icd10cm(code: str) -> str:
    if not re.fullmatch(r"[A-Za-z]\d[0-9A-Za-z.]{1,7}", code):
        raise ValueError("an ICD-10-CM code such as G83.10 was expected")
    return code


def _rxnorm(code: str) -> str:
    if not re.fullmatch(r"\d{1,8}", code):
        raise ValueError("an RxNorm code, of digits alone, was expected")
    return code


def _verhoeff(digits: str) -> int:
    """Zero for the right check digit."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_PRODUCTS[check][int(_POWERS[place % 8][int(digit)])])
    return check


def _luhn(digits: str) -> int:
    """Zero for the right check digit."""
    weighed = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(one // 10 + one % 10 for one in weighed) % 10


Snomed = Annotated[str, AfterValidator(_snomed)]
Loinc = Annotated[str, AfterValidator(_loinc)]
Icd10cm = Annotated[str, AfterValidator(_icd10cm)]
Rxnorm = Annotated[str, AfterValidator(_rxnorm)]
