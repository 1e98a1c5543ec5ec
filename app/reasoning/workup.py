"""Which orders a fired card still asks for, and which were found done or ordered."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.facts.model import LabResult, Study
from app.knowledge.card import PRIORITIES, Level, Priority, WorkupItem
from app.knowledge.logic import Logic
from app.reasoning.assess import Assessment
from app.reasoning.records import Records, urgency
from app.reasoning.truth import decide


@dataclass(frozen=True, slots=True)
class Proposal:
    """An order worth suggesting, with each card's reason for it, and what each warns of for this patient."""

    order: str
    priority: Priority
    reasons: tuple[str, ...]
    cautions: tuple[str, ...] = ()
    pending: Study | None = None


@dataclass(frozen=True, slots=True)
class Suppressed:
    """An order that is not suggested because of what was found."""

    order: str
    found: Study | LabResult


@dataclass(frozen=True, slots=True)
class Workup:
    """What a card asks for, in its sequence, and what it need not ask for."""

    proposals: tuple[Proposal, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()


def find_workup(found: Assessment, records: Records) -> Workup:
    """Go through the card's workup, looking each order up before it is suggested."""
    several = [_consider(item, found, records) for item in found.card.workup if _wanted(item, found)]
    return Workup(
        tuple(one for one in several if isinstance(one, Proposal)),
        tuple(one for one in several if isinstance(one, Suppressed)),
    )


def _consider(item: WorkupItem, found: Assessment, records: Records) -> Proposal | Suppressed:
    priority = priority_at(item, found.level or "info")
    proposal = Proposal(item.order, priority, (item.reason,), _cautions(item.order, found))
    windows = item.redundant or records.vocabulary.orders[item.order].redundant
    if windows is None or _holds(item.even_if_ordered_when, found):
        return proposal
    done = None if _holds(item.even_if_done_when, found) else records.done(item.order, windows)
    if done:
        return Suppressed(item.order, done)
    pending = records.pending(item.order, windows)
    if pending is None:
        return proposal
    if found.level == "critical" and urgency(pending.priority) > urgency(priority):
        # Decision 25: an order that waits its turn does not answer an emergency.
        return replace(proposal, pending=pending)
    return Suppressed(item.order, pending)


def _cautions(order: str, found: Assessment) -> tuple[str, ...]:
    return tuple(one.text for one in found.card.cautions if order in one.orders and _holds(one.when, found))


def _wanted(item: WorkupItem, found: Assessment) -> bool:
    if found.level not in item.levels or (found.answered_by and item.order == found.answered_by.order):
        return False
    return (item.when is None or _holds(item.when, found)) and not _holds(item.unless, found)


def _holds(logic: Logic | None, found: Assessment) -> bool:
    return logic is not None and decide(logic, found.truths) is True


def priority_at(item: WorkupItem, level: Level) -> Priority:
    """The item's priority at a level; where a level is not named, that of the least urgent one that is."""
    if isinstance(item.priority, str):
        return item.priority
    return item.priority.get(level, max(item.priority.values(), key=PRIORITIES.index))
