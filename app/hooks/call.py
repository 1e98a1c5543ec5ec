"""One call of the service, from the bytes of its body to the answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from app.clients.client import Client
from app.fhir.access import Access, Barred
from app.fhir.first_look import SOURCES, read_first_look
from app.fhir.gather import Gathered, gather
from app.fhir.prefetch import require_inputs
from app.fhir.query import QueryContext
from app.hooks.request import (
    Envelope,
    FirstRequest,
    HookRequest,
    decode_first_look,
    decode_request,
    subject_of,
)
from app.hooks.service import HOOK, SERVICE_ID
from app.hooks.state import Edge, State
from app.observability.call import CallRecord, current_call
from app.observability.evaluated import note_conclusion
from app.pipeline import Evaluation, reason, reason_on_silence, render
from app.reasoning.conclude import Advice
from app.rendering.evaluation import EXTENSION, not_evaluated
from app.rendering.model import Card, Response
from app.security.body import check_body
from app.store.records import IssuedCard


async def answer(body: bytes, client: Client, edge: Edge, state: State) -> Response:
    """Cards for the patient in context; raises RequestError when no honest answer is possible."""
    call = current_call()
    with call.phase("decode"):
        check_body(body)
        request = decode_first_look(body, HOOK) or decode_request(body, HOOK)
    _note_who(call, request, client, edge)
    if because := _silent_because(request, client, state):
        return Response((), not_evaluated(state.lexicon.knowledge, because))
    evaluation = _look_first(call, request, state, edge.clock()) if isinstance(request, FirstRequest) else None
    if evaluation is None:
        evaluation = await _look_closely(_whole(call, request, body), client, edge, state)
    if client.shadow:
        call.shadow, call.cards = [*call.cards, *call.shadow], []
        return Response((), not_evaluated(state.lexicon.knowledge, "this client is in shadow mode: cards are counted"))
    edge.recorder.record(issued_cards(evaluation, state, client))
    return _with_switches(evaluation.response, state)


def _note_who(call: CallRecord, request: Envelope, client: Client, edge: Edge) -> None:
    call.patient = edge.pseudonyms.of("patient", client.iss, request.context.patient_id)
    call.user = edge.pseudonyms.of("user", client.iss, request.context.user_id)


def _silent_because(request: Envelope, client: Client, state: State) -> str | None:
    """Why a call is answered without looking, if it is."""
    if client.iss in state.off_clients:
        return "this client is switched off by the operator"
    if request.context.is_portal and not client.patient_users:
        return "the user is a patient or relative"
    return None


def _look_first(call: CallRecord, request: FirstRequest, state: State, now: datetime) -> Evaluation | None:
    """The answer for a patient without weakness; None for all others, and where a first look cannot tell."""
    with call.phase("first-look"):
        first = read_first_look(request.prefetch, request.context.patient_id)
        reasoned = first and reason_on_silence(first.chart, first.answers, state.lexicon, now)
        if not reasoned:
            return None
        call.inputs = dict(SOURCES)
        note_conclusion(call, reasoned.conclusion, state.lexicon.knowledge.version)
        return render(reasoned, state.lexicon, subject_of(request), uuid4())


def _whole(call: CallRecord, request: FirstRequest | HookRequest, body: bytes) -> HookRequest:
    if isinstance(request, HookRequest):
        return request
    with call.phase("decode"):
        return decode_request(body, HOOK)


async def _look_closely(request: HookRequest, client: Client, edge: Edge, state: State) -> Evaluation:
    call = current_call()
    with call.phase("gather"):
        gathered = await _gather(request, client, edge, state)
    _note_inputs(call, gathered)
    return _evaluate(call, request, gathered, state, edge.clock())


async def _gather(request: HookRequest, client: Client, edge: Edge, state: State) -> Gathered:
    context = request.context
    asked = QueryContext(context.patient_id, context.user_id, context.encounter_id)
    budget = client.fetch_budget or edge.fetch_budget
    return await gather(request.prefetch, asked, access_of(request, client), state.fetcher, budget)


def access_of(request: Envelope, client: Client) -> Access | Barred | None:
    """How the client's FHIR server is reached, or that it may not be called (protocol F4); None when none was sent."""
    if not request.fhir_server:
        return None
    server = client.fhir_server(request.fhir_server)
    if server is None:
        return Barred(request.fhir_server)
    token = request.fhir_authorization
    if token is None:
        return Access(server.url, version=server.version)
    return Access(server.url, token.access_token, token.scope, server.version)


def _note_inputs(call: CallRecord, gathered: Gathered) -> None:
    call.inputs = dict(gathered.sources)
    call.fetch_errors = list(gathered.fetch_errors)


def _evaluate(call: CallRecord, request: HookRequest, gathered: Gathered, state: State, now: datetime) -> Evaluation:
    with call.phase("reason"):
        reasoned = reason(gathered.chart, state.lexicon, now)
    conclusion = reasoned.conclusion
    note_conclusion(call, conclusion, state.lexicon.knowledge.version)
    require_inputs(gathered.chart, triggered=conclusion.is_settled)
    with call.phase("render"):
        return render(reasoned, state.lexicon, subject_of(request, gathered.version), uuid4())


def issued_cards(evaluation: Evaluation, state: State, client: Client) -> list[IssuedCard]:
    """What is remembered of an answer, so that feedback can be joined to it; nothing of the patient."""
    pairs = zip(evaluation.response.cards, evaluation.conclusion.advice, strict=True)
    version, now = state.lexicon.knowledge.version, evaluation.facts.now
    return [_issued(card, advice, version, client.iss, now) for card, advice in pairs]


def _issued(card: Card, advice: Advice, version: str, client: str, now: datetime) -> IssuedCard:
    # Not strict: a client whose FHIR has no ServiceRequest gets proposals in words, and no buttons.
    buttons = zip(card.suggestions, advice.proposals, strict=False)
    return IssuedCard(
        uuid=str(card.uuid),
        card=advice.found.card.id,
        knowledge=version,
        indicator=card.indicator,
        service=SERVICE_ID,
        client=client,
        issued_at=now,
        suggestions={str(button.uuid): proposal.order for button, proposal in buttons},
    )


def _with_switches(response: Response, state: State) -> Response:
    """A card that is switched off was not evaluated, and the answer says so."""
    if not state.off_cards:
        return response
    told: dict[str, Any] = {**response.extension[EXTENSION], "switchedOff": sorted(state.off_cards)}
    return Response(response.cards, {EXTENSION: told})
