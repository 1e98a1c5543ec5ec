"""The envelope of a CDS Hooks call, decoded and validated (protocol C1 to C4)."""

from __future__ import annotations

import re
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Raw, Struct

from app.chart.decode import UNREADABLE, Value
from app.chart.version import FhirVersion
from app.errors import MalformedRequest
from app.fhir.first_look import FirstLook
from app.hooks.decoding import decode_body
from app.rendering.context import Subject

_ID = re.compile(r"[A-Za-z0-9\-._]{1,128}")
_USER = re.compile(rf"(Practitioner|PractitionerRole|Patient|RelatedPerson)/{_ID.pattern}")
_BEARER = "Bearer"
_PORTAL_USERS = ("Patient/", "RelatedPerson/")

# What follows only describes (docs/openapi): `decode_request` checks it, in words of its own.
_UserId = Annotated[
    str, Meta(description="who looks at the chart: `Type/id`", extra_json_schema={"pattern": f"^{_USER.pattern}$"})
]
_Id = Annotated[str, Meta(description="an id without its type", extra_json_schema={"pattern": f"^{_ID.pattern}$"})]
_Seconds = (
    Annotated[float, Meta(extra_json_schema={"minimum": 0, "multipleOf": 1})]
    | Annotated[str, Meta(extra_json_schema={"pattern": "^[0-9]+$"})]
)


class Context(Struct, frozen=True, rename="camel"):
    """The context of hook patient-view 1.0."""

    user_id: _UserId
    patient_id: _Id
    encounter_id: _Id | None = None

    @property
    def is_portal(self) -> bool:
        """Whether the user is the patient or a relative, for whom the cards are not written."""
        return self.user_id.startswith(_PORTAL_USERS)


class FhirAuthorization(Struct, frozen=True):
    """The client's token for its FHIR server; transient, never stored or logged."""

    access_token: str
    token_type: Annotated[str, Meta(extra_json_schema={"const": _BEARER})]
    expires_in: _Seconds
    scope: Annotated[str, Meta(description="SMART scopes; a resource type that they leave out is not asked for")]
    subject: str
    patient: Annotated[str, Meta(description="the patient of context, if any")] | None = None


class Envelope(Struct, frozen=True, rename="camel"):
    """A call of a service without its prefetch."""

    hook: str
    hook_instance: UUID
    context: Context
    fhir_server: Annotated[str, Meta(description="base URL of the FHIR server for what prefetch lacks")] | None = None
    fhir_authorization: FhirAuthorization | None = None


class HookRequest(Envelope, frozen=True):
    """A call of a service. The values under `prefetch` are decoded with it, or as they came: see `decode_request`."""

    prefetch: dict[str, Any] | None = None


class FirstRequest(Envelope, frozen=True, kw_only=True):
    """A call whose prefetch has every key, decoded as far as it may record weakness."""

    prefetch: FirstLook


class _Whole(HookRequest, frozen=True):
    prefetch: dict[str, Value | None] | None = None


class AsItCame(HookRequest, frozen=True):
    """A call whose prefetch is not decoded yet."""

    prefetch: dict[str, Raw] | None = None


_first = msgspec.json.Decoder(FirstRequest)
_whole = msgspec.json.Decoder(_Whole)
_as_it_came = msgspec.json.Decoder(AsItCame)


def decode_request(body: bytes, hook: str) -> HookRequest:
    """Decode the body of a call, its prefetch in the same pass; where that is not valid FHIR, it is left as it came.

    Raises MalformedRequest that says what was expected where.
    """
    request = decode_body(_decode, body)
    _check_envelope(request, hook)
    return request


def decode_first_look(body: bytes, hook: str) -> FirstRequest | None:
    """The same, no further than a first look needs; None where a key is missing, or something cannot be decoded."""
    try:
        request = _first.decode(body)
    except UNREADABLE:
        return None
    _check_envelope(request, hook)
    return request


def _check_envelope(request: Envelope, hook: str) -> None:
    _check(request.hook == hook, f"hook `{hook}` was expected: this service answers no other", "hook")
    _check_context(request.context)
    _check_authorization(request)


def _decode(body: bytes) -> HookRequest:
    try:
        return _whole.decode(body)
    except UNREADABLE:
        return _as_it_came.decode(body)


def subject_of(request: Envelope, version: FhirVersion = FhirVersion.R4) -> Subject:
    """Whom orders are for, and the release they are written in."""
    encounter = request.context.encounter_id
    return Subject(f"Patient/{request.context.patient_id}", f"Encounter/{encounter}" if encounter else None, version)


def _check_context(context: Context) -> None:
    _check(
        _USER.fullmatch(context.user_id),
        "Practitioner, PractitionerRole, Patient or RelatedPerson with an id was expected, as in `Practitioner/123`",
        "context.userId",
    )
    _check(_ID.fullmatch(context.patient_id), "the id of a Patient was expected", "context.patientId")
    if context.encounter_id:
        _check(_ID.fullmatch(context.encounter_id), "the id of an Encounter was expected", "context.encounterId")


def _check_authorization(request: Envelope) -> None:
    authorization = request.fhir_authorization
    if authorization is None:
        return
    _check(request.fhir_server, "fhirAuthorization needs a fhirServer", "fhirServer")
    # RFC 6749, 5.1: case insensitive; some servers write it small, and EHRs hand on what they got.
    _check(authorization.token_type.lower() == _BEARER.lower(), "`Bearer` was expected", "fhirAuthorization.token_type")
    _check(_is_whole(authorization.expires_in), "whole seconds were expected", "fhirAuthorization.expires_in")
    patient = (authorization.patient or request.context.patient_id).removeprefix("Patient/")
    same_patient = patient == request.context.patient_id
    _check(same_patient, "the token is for another patient than context.patientId", "fhirAuthorization.patient")


def _is_whole(seconds: float | str) -> bool:
    return seconds.isdigit() if isinstance(seconds, str) else seconds >= 0 and seconds.is_integer()


def _check(holds: Any, message: str, where: str) -> None:
    if not holds:
        raise MalformedRequest(message, where)
