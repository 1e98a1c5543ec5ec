"""All cards put to one patient, and what is left to say when they have made way for each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

from app.facts.model import Fact, Finding, LabResult, PatientFacts, Prescription
from app.knowledge.card import LEVELS, Card, YieldsTo
from app.knowledge.knowledge import Knowledge
from app.knowledge.vocabulary import Vocabulary
from app.reasoning.assess import Assessment, assess
from app.reasoning.deck import Hanging, deck_of
from app.reasoning.merge import merge_orders
from app.reasoning.records import Records
from app.reasoning.signals import Question
from app.reasoning.truth import decide
from app.reasoning.weakness import Weakness, dated_age, find_weakness, leg_directed, not_evaluated_because
from app.reasoning.workup import Proposal, Suppressed, find_workup


@dataclass(frozen=True, slots=True)
class Advice:
    """One card to show. `folded` gave way to it as evidence; `named` are info cards that the cap left no room for.

    `asked` are the orders it calls for, `proposals` those that are suggested on it and not on a more urgent card.
    """

    found: Assessment
    asked: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    folded: tuple[Assessment, ...] = ()
    named: tuple[Card, ...] = ()


@dataclass(frozen=True, slots=True)
class Withheld:
    """A card that fired and is not shown, and why."""

    card: Card
    reason: str


@dataclass(frozen=True)
class Conclusion:
    """The answer before it is put into words. `silent_because` says why a patient gets no cards at all.

    `hanging` are the cards whose answer hangs on what the chart does not tell. It `is_settled` when what came of the
    chart decides the answer, so that what is missing of it cannot (protocol F2).
    """

    weakness: Weakness | None = None
    silent_because: str | None = None
    hanging: tuple[Hanging, ...] = ()
    advice: tuple[Advice, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    shadow: tuple[Assessment, ...] = ()
    question: Question | None = None
    cards: tuple[Card, ...] = ()
    is_settled: bool = True

    @cached_property
    def assessments(self) -> tuple[Assessment, ...]:
        """What became of every card, with all its signals; only who wants an explanation asks for it."""
        return tuple(assess(card, self.question) for card in self.cards) if self.question else ()


_NO_WEAKNESS = Conclusion(
    silent_because="what was read records no weakness that is active and not refuted", is_settled=False
)


def conclude(facts: PatientFacts, knowledge: Knowledge) -> Conclusion:
    """Evaluate every card and settle which of them speak, most urgent first."""
    because = not_evaluated_because(facts, knowledge.rules)
    if because:
        return Conclusion(silent_because=because)
    weakness = find_weakness(facts, knowledge.rules)
    if weakness is None:
        return _NO_WEAKNESS
    question = Question(facts, weakness, knowledge.vocabulary)
    dealt = deck_of(knowledge).put_to(question)
    first = knowledge.rules.most_urgent_first
    speaking = sorted(
        (one for one in dealt.fired if one.card.shown), key=lambda one: (_urgency(one), _rank(one, first))
    )
    advice, withheld = _settle(_quieted(speaking, question, knowledge), question, knowledge)
    return Conclusion(
        weakness=weakness,
        hanging=dealt.hanging,
        advice=advice,
        withheld=withheld,
        shadow=tuple(one for one in dealt.fired if not one.card.shown),
        question=question,
        cards=knowledge.cards,
    )


def _urgency(found: Assessment) -> int:
    """By level; cards of one level keep the order in which the knowledge lists them: red flags, causes, workup."""
    return LEVELS.index(found.level or "info")


def _rank(found: Assessment, first: Sequence[str]) -> int:
    return first.index(found.card.id) if found.card.id in first else len(first)


def _settle(
    speaking: Sequence[Advice], question: Question, knowledge: Knowledge
) -> tuple[tuple[Advice, ...], tuple[Withheld, ...]]:
    standing, yielded = _yield(speaking)
    records = Records(question.facts, question.weakness, knowledge)
    asked = [_with_workup(one, records) for one in standing]
    merged = merge_orders([one.proposals for one in asked], knowledge.vocabulary)
    suggested = {one.order for several in merged for one in several}
    settled = [_settled(one, own, suggested) for one, own in zip(asked, merged, strict=True)]
    open_ones, idle = _without_idle(settled, knowledge.vocabulary)
    shown, unnamed = _capped(open_ones, knowledge.rules.cards_at_most)
    return shown, (*yielded, *idle, *unnamed)


def _with_workup(advice: Advice, records: Records) -> Advice:
    workup = find_workup(advice.found, records)
    asked = tuple(one.order for one in workup.proposals)
    return replace(advice, asked=asked, proposals=workup.proposals, suppressed=workup.suppressed)


def _settled(advice: Advice, own: tuple[Proposal, ...], suggested: set[str]) -> Advice:
    """What one card finds done is not called so while another suggests it."""
    suppressed = tuple(one for one in advice.suppressed if one.order not in suggested)
    return replace(advice, proposals=own, suppressed=suppressed)


def _quieted(speaking: Sequence[Assessment], question: Question, knowledge: Knowledge) -> list[Advice]:
    """Long-standing non-specific weakness (decision 3): what is neither recent nor a lab does not speak for itself.

    It folds into the cards that do; where none does, the quiet card alone names what stands out.
    """
    everyone = [Advice(one) for one in speaking]
    if question.weakness.kind != "non-specific":
        return everyone
    facts, limit = question.facts, knowledge.rules.weakness.quiet_after.time
    signs = leg_directed(facts, knowledge.rules)
    if any(_stirs(fact, facts, limit) for fact in (*signs, *question.weakness.findings(["non-specific"]))):
        return everyone
    quiet = [
        one for one in speaking if one.level == "info" and not any(_stirs(fact, facts, limit) for fact in one.facts)
    ]
    loud = [one for one in speaking if one not in quiet]
    if loud:
        return [Advice(loud[0], folded=tuple(quiet)), *(Advice(one) for one in loud[1:])]
    return _quiet_card(quiet, bool(signs), question, knowledge)


def _quiet_card(quiet: Sequence[Assessment], signs: bool, question: Question, knowledge: Knowledge) -> list[Advice]:
    card = next((one for one in knowledge.cards if one.id == knowledge.rules.weakness.quiet_card), None)
    if card is None:  # retired, or switched off by the operator
        return []
    found = assess(card, question, whoever=True)
    stands_out = quiet or signs or any(found.truths[name] for name in card.mentions)
    return [Advice(found, folded=tuple(quiet))] if stands_out and found.level and card.shown else []


def _stirs(fact: Fact, facts: PatientFacts, limit: timedelta) -> bool:
    """Whether a fact is recent, or a lab, so that it may speak for itself; a renewed drug is as old as its start."""
    match fact:
        case LabResult():
            return True
        case Finding():
            return dated_age(fact).within(limit) is True
        case Prescription():
            several = [one for group in fact.groups for one in facts.prescriptions.get(group, ())]
            return all(one.age.within(limit) for one in several if one.ingredient == fact.ingredient)
        case _:
            return False


def _yield(speaking: Sequence[Advice]) -> tuple[list[Advice], list[Withheld]]:
    """Each card in turn, the least urgent first, gives way to the first that covers it and still stands."""
    standing = {one.found.card.id: one for one in speaking}
    withheld: list[Withheld] = []
    for name in reversed(list(standing)):
        advice = standing[name]
        winner = next((one for one in standing.values() if one is not advice and _covers(one, advice)), None)
        if winner is None:
            continue
        del standing[name]
        withheld.append(Withheld(advice.found.card, f"covered by {winner.found.card.id}"))
        if _folds(winner, advice):
            standing[winner.found.card.id] = replace(winner, folded=(*winner.folded, advice.found, *advice.folded))
    return list(standing.values()), withheld


def _covers(winner: Advice, advice: Advice) -> bool:
    """Whether the card gives way."""
    return any(_applies(rule, winner, advice) for rule in advice.found.card.yields_to)


def _folds(winner: Advice, advice: Advice) -> bool:
    return any(rule.fold and _applies(rule, winner, advice) for rule in advice.found.card.yields_to)


def _applies(rule: YieldsTo, winner: Advice, advice: Advice) -> bool:
    """Whether the rule makes the card give way; to `any` card only when that is not less urgent than itself."""
    if rule.cards == "any" and _urgency(winner.found) > _urgency(advice.found):
        return False
    if winner.found.level not in rule.at or (rule.cards != "any" and winner.found.card.id not in rule.cards):
        return False
    return rule.when is None or bool(decide(rule.when, advice.found.truths))


def _without_idle(settled: Sequence[Advice], vocabulary: Vocabulary) -> tuple[list[Advice], list[Withheld]]:
    """A card that only asks for tests is not shown when nothing is left for it to ask but what is always asked."""
    idle = [one for one in settled if one.found.card.needs_open_workup and not _is_open(one, vocabulary)]
    withheld = [
        Withheld(one.found.card, "what it asks for was done, ordered, or stands on another card") for one in idle
    ]
    return [one for one in settled if one not in idle], withheld


def _is_open(advice: Advice, vocabulary: Vocabulary) -> bool:
    return any(vocabulary.orders[one.order].redundant for one in advice.proposals)


def _capped(advice: Sequence[Advice], limit: int) -> tuple[tuple[Advice, ...], list[Withheld]]:
    """Only info cards are ever dropped, and the last card that is shown names them."""
    urgent = [one for one in advice if one.found.level != "info"]
    mild = [one for one in advice if one.found.level == "info"]
    room = max(limit - len(urgent), 0)
    shown, dropped = [*urgent, *mild[:room]], mild[room:]
    if dropped and shown:
        shown[-1] = replace(shown[-1], named=tuple(one.found.card for one in dropped))
    return tuple(shown), [Withheld(one.found.card, f"more than {limit} cards") for one in dropped]
