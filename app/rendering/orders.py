"""Proposals to suggestions that carry a ServiceRequest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from app.chart.version import FhirVersion
from app.facts.model import Finding, LabResult
from app.knowledge.systems import LOINC, SNOMED
from app.knowledge.vocabulary import OrderEntry, Vocabulary
from app.reasoning.conclude import Advice
from app.reasoning.workup import Proposal
from app.rendering.context import Rendering
from app.rendering.model import Action, Suggestion

_SYSTEMS = {"loinc": LOINC, "snomed": SNOMED}
_REASON = re.compile(r"(Condition|Observation)/[A-Za-z0-9\-._]{1,128}")


def suggestions(advice: Advice, rendering: Rendering) -> tuple[Suggestion, ...]:
    """A button for each order that is still open; none where the client's FHIR has no ServiceRequest (STU3)."""
    if not rendering.subject.version.has_service_request:
        return ()
    references = reason_references(advice, rendering)
    return tuple(_suggestion(proposal, advice, rendering, references) for proposal in advice.proposals)


def spelt_out(advice: Advice, rendering: Rendering) -> str:
    """The open orders in words, for a client that cannot be given buttons; empty for one that can."""
    if rendering.subject.version.has_service_request or not advice.proposals:
        return ""
    return f"**Consider:** {'; '.join(_in_words(one, rendering) for one in advice.proposals)}."


def _in_words(proposal: Proposal, rendering: Rendering) -> str:
    label = rendering.knowledge.vocabulary.orders[proposal.order].label
    return f"{label}, {proposal.priority} ({' '.join(proposal.reasons).removesuffix('.')})"


def _suggestion(proposal: Proposal, advice: Advice, rendering: Rendering, references: Sequence[str]) -> Suggestion:
    label = rendering.knowledge.vocabulary.orders[proposal.order].label
    action = Action(
        type="create",
        description=f"Draft order: {label}, {proposal.priority}. {' '.join(proposal.reasons)}",
        resource=_service_request(proposal, rendering, references),
    )
    uuid = rendering.uuid(advice.found.card.id, proposal.order)
    return Suggestion(label=f"Order {label}", uuid=uuid, actions=(action,))


def _service_request(proposal: Proposal, rendering: Rendering, references: Sequence[str]) -> dict[str, Any]:
    """A draft ServiceRequest for the proposal, in the client's release of FHIR; R4 and R4B are alike here."""
    subject = rendering.subject
    resource: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "proposal",
        "priority": proposal.priority,
        **_what_and_why(proposal, rendering, references),
        "subject": {"reference": subject.patient},
        "encounter": subject.encounter and {"reference": subject.encounter},
        "note": [{"text": text} for text in order_notes(proposal, rendering)],
    }
    return {element: value for element, value in resource.items() if value}


def _what_and_why(proposal: Proposal, rendering: Rendering, references: Sequence[str]) -> dict[str, Any]:
    """The elements that R5 made CodeableReferences, in the shape of the release."""
    vocabulary = rendering.knowledge.vocabulary
    entry = vocabulary.orders[proposal.order]
    code = {"coding": [coding_of(proposal.order, entry, vocabulary)], "text": entry.label}
    reasons = [{"text": reason} for reason in proposal.reasons]
    facts = [{"reference": one} for one in references]
    if rendering.subject.version is FhirVersion.R5:
        reason = [*({"concept": one} for one in reasons), *({"reference": one} for one in facts)]
        return {"code": {"concept": code}, "reason": reason}
    return {"code": code, "reasonCode": reasons, "reasonReference": facts}


def coding_of(name: str, entry: OrderEntry, vocabulary: Vocabulary) -> dict[str, str]:
    """The coding that an order is suggested with."""
    chosen = entry.order_as
    own = entry.snomed if chosen.system == "snomed" else vocabulary.labs[entry.lab].loinc if entry.lab else entry.loinc
    return {"system": _SYSTEMS[chosen.system], "code": chosen.code, "display": own.get(chosen.code, name)}


def reason_references(advice: Advice, rendering: Rendering) -> list[str]:
    """The Conditions and Observations that the card rests on; what has no proper id cannot be referred to."""
    facts = (*advice.found.facts, *rendering.weakness)
    relevant = [fact.reference for fact in facts if isinstance(fact, Finding | LabResult)]
    return [one for one in dict.fromkeys(relevant) if _REASON.fullmatch(one)]


def order_notes(proposal: Proposal, rendering: Rendering) -> list[str]:
    """Cautions that this patient's chart adds to the order, from the vocabulary and from the cards that ask for it."""
    general = [one.text for one in rendering.cautions if proposal.order in one.orders]
    return list(dict.fromkeys([*general, *proposal.cautions]))
