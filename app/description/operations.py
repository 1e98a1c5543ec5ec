"""Every operation, by the name of the function that answers it."""

from __future__ import annotations

from app.catalogue.card_page import CardPage
from app.description.models import (
    Answer,
    AuditReport,
    Discovery,
    FeedbackBody,
    Nothing,
    Reloaded,
    Status,
)
from app.description.operation import Content, Operation
from app.hooks.request import HookRequest
from app.operations.switching import Change
from app.store.summary import Summary
from app.store.switches import SharedState

_FHIR_JSON = "application/fhir+json"
_CALLS = ("call-with-prefetch", "call-with-fhir-server")
_FEEDBACK = ("feedback-accepted", "feedback-overridden")

_CDS_HOOKS = {
    "discover": Operation(
        tag="CDS Hooks",
        description="The service, and the prefetch templates whose answers it would like to be sent.",
        answer=(Content(Discovery, ("discovery",)),),
        means="The services.",
        fails=frozenset({401}),
        caller="client",
    ),
    "call": Operation(
        tag="CDS Hooks",
        description=(
            "Advice on the patient of `context`. What `prefetch` lacks is fetched from `fhirServer`, when that is "
            "registered for the client. Requests of CDS Hooks 2.0 and 3.0 are answered alike."
        ),
        takes=(Content(HookRequest, _CALLS), Content(HookRequest, _CALLS, _FHIR_JSON)),
        answer=(Content(Answer, ("answer",)),),
        means="Cards; none when there is nothing to advise, and the extension says what could not be looked at.",
        fails=frozenset({401, 404, 412}),
        caller="client",
    ),
    "feedback": Operation(
        tag="CDS Hooks",
        description="What became of cards. Stored when it is answered with 200; an item sent twice is stored once.",
        takes=(Content(FeedbackBody, _FEEDBACK), Content(FeedbackBody, _FEEDBACK, _FHIR_JSON)),
        answer=(Content(Nothing, ("nothing",)),),
        means="All items are stored.",
        fails=frozenset({401, 404}),
        caller="client",
    ),
}

_CARDS = {
    "index": Operation(
        tag="Cards",
        description="Every card: a page for people, and JSON for who asks for it with `Accept: application/json`.",
        answer=(Content(CardPage, ("cards",), several=True), Content(None, ("page",), "text/html")),
        means="All cards.",
    ),
    "one": Operation(
        tag="Cards",
        description="One card: when it fires, what it asks, where its numbers come from, how it is tested.",
        answer=(Content(CardPage, ("card",)), Content(None, ("page",), "text/html")),
        means="The card.",
        fails=frozenset({404}),
    ),
}

_CLOSED = frozenset({401})

_OPERATORS = {
    "metrics": Operation(
        tag="Operators",
        description="Counters and histograms of this process, or of all workers of this machine.",
        answer=(Content(None, ("metrics",), "text/plain"),),
        means="Metrics as Prometheus reads them.",
        fails=_CLOSED,
        caller="operator",
    ),
    "summary": Operation(
        tag="Operators",
        description="Per card and version of the knowledge: how often shown, accepted (which order) and overridden "
        "(with reasons). The time that counts is when a card was issued.",
        answer=(Content(Summary, ("summary",)), Content(None, ("summary-csv",), "text/csv")),
        means="The counts, as JSON or CSV.",
        fails=_CLOSED | {422},
        caller="operator",
    ),
    "export": Operation(
        tag="Operators",
        description="Each item of feedback, oldest first, joined with its card where this service issued it.",
        answer=(Content(None, ("export-csv",), "text/csv"),),
        means="A line for each item.",
        fails=_CLOSED | {422},
        caller="operator",
    ),
    "switches": Operation(
        tag="Operators",
        description="Cards and clients that are switched off, for all workers on all machines.",
        answer=(Content(SharedState, ("switches",)),),
        means="What is switched off.",
        fails=_CLOSED,
        caller="operator",
    ),
    "switch": Operation(
        tag="Operators",
        description="Switch a card or a client off or on: here at once, in all other workers within two seconds.",
        takes=(Content(Change, ("switch-off",)),),
        answer=(Content(SharedState, ("switches",)),),
        means="What is switched off now.",
        fails=_CLOSED,
        caller="operator",
    ),
    "reload": Operation(
        tag="Operators",
        description="Check the files of knowledge and clients, and have all workers read them anew.",
        answer=(Content(Reloaded, ("reloaded",)),),
        means="The files are fit for use, and the workers were told.",
        fails=_CLOSED | {422},
        caller="operator",
    ),
    "audit": Operation(
        tag="Operators",
        description="Checks the audit files of this machine against the chains that the database knows.",
        answer=(Content(AuditReport, ("audit",)),),
        means="What is wrong with the trail, if anything.",
        fails=_CLOSED,
        caller="operator",
    ),
}

_PROBES = {
    "live": Operation(
        tag="Probes",
        description="For an orchestrator: a process that does not answer this is to be ended.",
        answer=(Content(Status, ("alive",)),),
        means="The process is alive.",
    ),
    "ready": Operation(
        tag="Probes",
        description="For a load balancer: a process that says 503 is to be sent no calls.",
        answer=(Content(Status, ("ready",)),),
        means="The process is ready for calls.",
    ),
}

OPERATIONS: dict[str, Operation] = _CDS_HOOKS | _CARDS | _OPERATORS | _PROBES
