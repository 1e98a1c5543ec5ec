"""Every clinical decision is proved by a case or by a whole patient."""

from __future__ import annotations

import re
from pathlib import Path

from app.catalogue.proofs import proofs
from app.settings import CARDS

DECISIONS = Path("docs/clinical-decisions.md")


def test_every_numbered_decision_has_a_proof() -> None:
    numbers = {int(number) for number in re.findall(r"^(\d+)\. ", DECISIONS.read_text(encoding="utf-8"), re.MULTILINE)}
    assert numbers == set(range(1, 31))
    assert numbers - proofs(CARDS, Path("fixtures")).keys() == set()
