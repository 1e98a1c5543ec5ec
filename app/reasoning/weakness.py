"""Whether this patient is one to evaluate, and why (decisions 1 to 4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.facts.model import Finding, PatientFacts
from app.facts.moment import Age
from app.knowledge.rules import EvaluationRules, WeaknessRule
from app.knowledge.signal import WeaknessKind


@dataclass(frozen=True, slots=True)
class Trigger:
    """A finding that says weakness, and how it counts."""

    kind: WeaknessKind
    finding: Finding


@dataclass(frozen=True, slots=True)
class Weakness:
    """The weakness that is evaluated. `promoted_by` made a non-specific weakness count as one of the legs."""

    kind: WeaknessKind
    triggers: tuple[Trigger, ...]
    promoted_by: tuple[Finding, ...] = ()

    def findings(self, kinds: Iterable[WeaknessKind]) -> list[Finding]:
        """The triggers of these kinds."""
        wanted = set(kinds)
        return [trigger.finding for trigger in self.triggers if trigger.kind in wanted]

    @property
    def of_the_legs(self) -> bool:
        """Whether it counts as leg weakness."""
        return self.kind != "non-specific"


def find_weakness(facts: PatientFacts, rules: EvaluationRules) -> Weakness | None:
    """The weakness to evaluate, or None."""
    if not facts.may_be_weak:
        return None
    specific = distinct(facts, rules.weakness.specific)
    said_precisely = {one.reference for one in specific}
    vague = [one for one in distinct(facts, rules.weakness.non_specific) if one.reference not in said_precisely]
    promoted_by = tuple(_promoting(facts, rules.weakness, {one.reference for one in vague}))
    vague_kind: WeaknessKind = "promoted" if promoted_by else "non-specific"
    triggers = [Trigger("specific", one) for one in specific] + [Trigger(vague_kind, one) for one in vague]
    if not triggers:
        return None
    kind = triggers[0].kind
    return Weakness(kind, tuple(triggers), promoted_by if kind == "promoted" else ())


def not_evaluated_because(facts: PatientFacts, rules: EvaluationRules) -> str | None:
    """Why a patient gets no cards whatever the chart says, or None (decision 4)."""
    if facts.patient.deceased:
        return "the patient has died"
    if facts.patient.age is not None and facts.patient.age < rules.adult_from:
        return f"the patient is under {rules.adult_from}"
    return None


def leg_directed(facts: PatientFacts, rules: EvaluationRules) -> list[Finding]:
    """The signs of whatever date that would point to the legs if they were recent (decision 3)."""
    return distinct(facts, rules.weakness.leg_directed)


def distinct(facts: PatientFacts, names: Iterable[str]) -> list[Finding]:
    """The findings with any of the names, each once, in the order of the chart."""
    return list(dict.fromkeys(finding for name in names for finding in facts.findings.get(name, ())))


def _promoting(facts: PatientFacts, rule: WeaknessRule, triggers: set[str]) -> Iterator[Finding]:
    """Second signals that are recent enough, by onset, else by when they were recorded."""
    for promotion in rule.promotion:
        for finding in distinct(facts, promotion.finding):
            if finding.reference not in triggers and dated_age(finding).within(promotion.within.time):
                yield finding


def dated_age(finding: Finding) -> Age:
    """The age by onset, or by recordedDate where no onset is given."""
    return finding.age if finding.onset else finding.recorded_age
