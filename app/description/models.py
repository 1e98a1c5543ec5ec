"""Bodies that the code builds piece by piece, as one type each; tests hold every answer to them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from app.hooks.feedback import MOST_ITEMS, FeedbackItem
from app.rendering.evaluation import EXTENSION
from app.rendering.model import Card


class Issue(Struct, frozen=True, omit_defaults=True):
    """What went wrong, in FHIR's words and in ours."""

    severity: Literal["error"]
    code: Annotated[str, Meta(description="of http://hl7.org/fhir/issue-type")]
    diagnostics: Annotated[str, Meta(description="what is wrong and what was expected; nothing of the patient")]
    expression: Annotated[tuple[str, ...], Meta(description="where in the request")] = ()


class OperationOutcome(Struct, frozen=True, tag_field="resourceType", tag="OperationOutcome"):
    """FHIR's resource for failures: every answer that is not 2xx carries one."""

    issue: Annotated[tuple[Issue, ...], Meta(min_length=1, max_length=1)]


class Service(Struct, frozen=True, rename="camel"):
    """A service of CDS Hooks."""

    hook: str
    hook_version: str
    id: str
    title: str
    description: str
    version: Annotated[str, Meta(description="of the specification that is followed")]
    usage_requirements: str
    prefetch: Annotated[dict[str, str], Meta(description="templates of the queries whose answers should be sent along")]


class Discovery(Struct, frozen=True):
    """What can be called."""

    services: tuple[Service, ...]


class KnowledgeVersion(Struct, frozen=True):
    """Which knowledge was reasoned with."""

    version: str
    hash: str


class UnavailableInput(Struct, frozen=True):
    """A prefetch key of which nothing, or not all, could be had."""

    input: str
    reason: str


class UnknownCard(Struct, frozen=True):
    """A card whose answer hangs on what the chart does not tell."""

    card: str
    missing: tuple[str, ...]


class Suppressed(Struct, frozen=True, omit_defaults=True):
    """An order or a card that was not shown."""

    reason: str
    order: str | None = None
    card: str | None = None
    reference: str | None = None


class LeftOut(Struct, frozen=True):
    """A resource that was not read."""

    reference: str
    reason: str


class Evaluation(Struct, frozen=True, rename="camel", omit_defaults=True):
    """What could not be looked at, what is unknown, what was withheld, and why; nothing of the patient."""

    knowledge: KnowledgeVersion
    not_evaluated: Annotated[str, Meta(description="why no chart was read, or no card made")] | None = None
    unavailable: tuple[UnavailableInput, ...] = ()
    unknown: tuple[UnknownCard, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    switched_off: Annotated[tuple[str, ...], Meta(description="cards that the operator has switched off")] = ()


class Extension(Struct, frozen=True):
    """Clients may ignore it."""

    evaluation: Evaluation = field(name=EXTENSION)


class Answer(Struct, frozen=True):
    """Cards, and what there is to know of how they were made."""

    cards: tuple[Card, ...]
    extension: Extension


class FeedbackBody(Struct, frozen=True):
    """What became of cards; one bad item fails them all."""

    feedback: Annotated[tuple[FeedbackItem, ...], Meta(max_length=MOST_ITEMS)]


class Nothing(Struct, frozen=True):
    """An empty object."""


class Status(Struct, frozen=True):
    """A word for probes."""

    status: Literal["alive", "ready"]


class Reloaded(Struct, frozen=True):
    """Grows with each reload; a worker has read the files when it serves this generation."""

    generation: int


class AuditReport(Struct, frozen=True):
    """What is wrong with the audit trail; nothing when it is whole."""

    problems: tuple[str, ...]
