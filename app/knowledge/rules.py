"""Rules that hold for every card: who is evaluated, how text is read, which cautions an order carries."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from pydantic import StringConstraints, field_validator

from app.knowledge.base import Model, Name, Text
from app.knowledge.duration import Duration


class Promotion(Model):
    """A second signal that makes non-specific weakness count as leg weakness when it is so recent (decision 3)."""

    finding: tuple[Name, ...]
    within: Duration


class WeaknessRule(Model):
    """Which findings make a patient one to evaluate (decisions 1 to 3)."""

    specific: tuple[Name, ...]
    non_specific: tuple[Name, ...]
    promotion: tuple[Promotion, ...]
    leg_directed: tuple[Name, ...]
    quiet_after: Duration
    quiet_card: Name


class EvaluationRules(Model):
    """cards/evaluation.yaml."""

    version: Text
    adult_from: int
    encounter_diagnosis_counts: Duration
    future_tolerance: Duration
    cards_at_most: int
    most_urgent_first: tuple[Name, ...]
    acute_weakness: Duration
    weakness: WeaknessRule


Spelling = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]", strip_whitespace=True)]
"""What charts may write for a word: it begins with a letter or a digit, so that it is seen from its words."""


Small = Annotated[str, StringConstraints(pattern=r"^[^A-Z]+$", strip_whitespace=True)]
"""Looked for in texts that were put into small letters."""


class TextRules(Model):
    """cards/vocabulary/text.yaml (decision 30)."""

    clause_ends: tuple[Small, ...]
    same_words: dict[str, tuple[Spelling, ...]]
    negators: tuple[Small, ...]
    not_negating: tuple[Small, ...]
    suspicion: tuple[Small, ...]
    present: tuple[Text, ...]
    absent: tuple[Text, ...]
    haemolysed: tuple[Text, ...]
    not_haemolysed: tuple[Text, ...]
    haemolysis: tuple[Text, ...]
    not_haemolysis: tuple[Text, ...]
    not_systemic: tuple[Text, ...]

    @field_validator("same_words")
    @classmethod
    def _each_stands_for_one_word(cls, words: dict[str, tuple[Spelling, ...]]) -> dict[str, tuple[Spelling, ...]]:
        count = Counter(spelling for several in words.values() for spelling in set(several))
        if twice := [spelling for spelling, times in count.items() if times > 1]:
            raise ValueError(f"`{twice[0]}` stands for more than one word")
        return words


class OrderCaution(Model):
    """What must be known before an order is carried out in a patient with this finding or drug (evidence section 5)."""

    orders: tuple[Name, ...]
    finding: tuple[Name, ...] = ()
    medication: tuple[Name, ...] = ()
    text: Text
    evidence: Text


class OverrideReason(Model):
    """A reason for dismissing a card, from HL7's non-adherence reason codes (CDS Hooks 3.0)."""

    code: Text
    display: Text
