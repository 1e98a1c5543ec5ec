"""Every clinical decision is proved by a case or by a whole patient."""

from __future__ import annotations

from pathlib import Path

from app.cases.references import decision_numbers
from app.catalogue.proofs import proofs
from app.settings import CARDS


def test_every_numbered_decision_has_a_proof() -> None:
    numbers = decision_numbers(CARDS)
    assert numbers == set(range(1, 31))
    assert numbers - proofs(CARDS, Path("fixtures")).keys() == set()
