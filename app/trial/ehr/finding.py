"""One line of the answer to "may we go live?"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "note", "failed"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, and what came of it; holds nothing of the patient who was tried with.

    A `note` is for somebody to read, and no reason to wait.
    """

    part: str
    what: str
    verdict: Verdict
    told: str
