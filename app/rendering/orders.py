"""Proposals to suggestions that carry a ServiceRequest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.facts.model import Finding, LabResult
from app.knowledge.rules import OrderCaution
from app.knowledge.systems import LOINC, SNOMED
from app.knowledge.vocabulary import OrderEntry, Vocabulary
from app.reasoning.conclude import Advice
from app.reasoning.truth import decide
from app.reasoning.workup import Proposal
from app.rendering.context import Rendering
from app.rendering.model import Action, Suggestion

_SYSTEMS = {"loinc": LOINC, "snomed": SNOMED}
_REASONS = ("Condition/", "Observation/")


def suggestions(advice: Advice, rendering: Rendering) -> tuple[Suggestion, ...]:
    """A button for each order that is still open."""
    return tuple(_suggestion(proposal, advice, rendering) for proposal in advice.proposals)


def _suggestion(proposal: Proposal, advice: Advice, rendering: Rendering) -> Suggestion:
    label = rendering.knowledge.vocabulary.orders[proposal.order].label
    action = Action(
        type="create",
        description=f"Draft order: {label}, {proposal.priority}. {' '.join(proposal.reasons)}",
        resource=service_request(proposal, advice, rendering),
    )
    uuid = rendering.uuid(advice.found.card.id, proposal.order)
    return Suggestion(label=f"Order {label}", uuid=uuid, actions=(action,))


def service_request(proposal: Proposal, advice: Advice, rendering: Rendering) -> dict[str, Any]:
    """A draft ServiceRequest (R4 and R4B) for the proposal."""
    entry = rendering.knowledge.vocabulary.orders[proposal.order]
    resource: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "proposal",
        "priority": proposal.priority,
        "code": {"coding": [coding_of(proposal.order, entry, rendering.knowledge.vocabulary)], "text": entry.label},
        "subject": {"reference": rendering.subject.patient},
        "reasonCode": [{"text": reason} for reason in proposal.reasons],
    }
    if rendering.subject.encounter:
        resource["encounter"] = {"reference": rendering.subject.encounter}
    references = [{"reference": one} for one in reason_references(advice, rendering)]
    if references:
        resource["reasonReference"] = references
    notes = [{"text": text} for text in order_notes(proposal.order, advice, rendering)]
    if notes:
        resource["note"] = notes
    return resource


def coding_of(name: str, entry: OrderEntry, vocabulary: Vocabulary) -> dict[str, str]:
    """The coding that an order is suggested with."""
    chosen = entry.order_as
    own = entry.snomed if chosen.system == "snomed" else vocabulary.labs[entry.lab].loinc if entry.lab else entry.loinc
    return {"system": _SYSTEMS[chosen.system], "code": chosen.code, "display": own.get(chosen.code, name)}


def reason_references(advice: Advice, rendering: Rendering) -> list[str]:
    """The Conditions and Observations that the card rests on; what has no id cannot be referred to."""
    facts = (*advice.found.facts, *rendering.weakness)
    relevant = [fact.reference for fact in facts if isinstance(fact, Finding | LabResult)]
    return [one for one in dict.fromkeys(relevant) if one.startswith(_REASONS)]


def order_notes(order: str, advice: Advice, rendering: Rendering) -> list[str]:
    """Cautions that this patient's chart adds to the order, from the vocabulary and from the card."""
    general = [caution.text for caution in rendering.knowledge.order_cautions if _concerns(caution, order, rendering)]
    found = advice.found
    own = [one.text for one in found.card.cautions if order in one.orders and decide(one.when, found.truths)]
    return list(dict.fromkeys([*general, *own]))


def _concerns(caution: OrderCaution, order: str, rendering: Rendering) -> bool:
    return order in caution.orders and any(_reasons_for(caution, rendering))


def _reasons_for(caution: OrderCaution, rendering: Rendering) -> Iterator[bool]:
    yield from (bool(rendering.facts.findings.get(name)) for name in caution.finding)
    for group in caution.medication:
        yield from (one.current for one in rendering.facts.prescriptions.get(group, ()))
