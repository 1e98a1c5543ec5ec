"""The body of a feedback call, decoded and validated (protocol B1 to B4)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Raw, Struct

from app.chart.decode import UNREADABLE
from app.errors import MalformedRequest, TooLarge
from app.hooks.decoding import decode_body, malformed
from app.store.records import Feedback, Reason

MOST_ITEMS = 1000
"""Items in one call, which are stored in one transaction that others wait for."""

MOST_CHARACTERS = 255
MOST_COMMENT_CHARACTERS = 10_000

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NUL = "\x00"


class _Body(Struct):
    feedback: list[Raw]


class AcceptedSuggestion(Struct):
    """A button that was used, by its uuid."""

    id: str


class ReasonCoding(Struct):
    """One of the card's override reasons, or one of the client's own."""

    code: str | None = None
    system: str | None = None


class OverrideReason(Struct, rename="camel"):
    """Why a card was set aside; the comment is kept only where the operator says so."""

    reason: ReasonCoding | None = None
    user_comment: Annotated[str, Meta(extra_json_schema={"maxLength": MOST_COMMENT_CHARACTERS})] | None = None


class FeedbackItem(Struct, rename="camel"):
    """What became of one card; an accepted one names at least one suggestion."""

    card: Annotated[str, Meta(description="uuid of the card")]
    outcome: Annotated[str, Meta(extra_json_schema={"enum": ["accepted", "overridden"]})]
    outcome_timestamp: Annotated[datetime, Meta(tz=True)]
    accepted_suggestions: list[AcceptedSuggestion] | None = None
    override_reason: OverrideReason | None = None


_body = msgspec.json.Decoder(_Body)
_item = msgspec.json.Decoder(FeedbackItem)


def decode_feedback(body: bytes) -> tuple[Feedback, ...]:
    """The items of a call, in their order; none is fine (the specification asks for an array of any length).

    Raises MalformedRequest that names the first bad item, and TooLarge.
    """
    items = decode_body(_body.decode, body).feedback
    if len(items) > MOST_ITEMS:
        raise TooLarge(f"at most {MOST_ITEMS} items were expected; send the rest in a further call", "feedback")
    return tuple(_read(item, f"feedback[{index}]") for index, item in enumerate(items))


def _read(raw: Raw, where: str) -> Feedback:
    try:
        item = _item.decode(raw)
    except msgspec.ValidationError as error:
        raise malformed(error, where) from error
    except UNREADABLE as error:
        raise MalformedRequest("an object was expected", where) from error
    if item.outcome == "accepted":
        return _accepted(item, where)
    if item.outcome == "overridden":
        return _overridden(item, where)
    raise MalformedRequest("`accepted` or `overridden` was expected", f"{where}.outcome")


def _accepted(item: FeedbackItem, where: str) -> Feedback:
    place = f"{where}.acceptedSuggestions"
    if not item.accepted_suggestions:
        raise MalformedRequest("an accepted card needs the id of at least one suggestion", place)
    accepted = [_id(one.id, f"{place}[{index}].id") for index, one in enumerate(item.accepted_suggestions)]
    return Feedback(
        _id(item.card, f"{where}.card"), "accepted", _moment(item, where), accepted=tuple(dict.fromkeys(accepted))
    )


def _overridden(item: FeedbackItem, where: str) -> Feedback:
    why = item.override_reason or OverrideReason()
    place = f"{where}.overrideReason"
    return Feedback(
        _id(item.card, f"{where}.card"),
        "overridden",
        _moment(item, where),
        reason=_reason(why.reason, f"{place}.reason"),
        comment=_comment(why.user_comment, f"{place}.userComment"),
    )


def _reason(reason: ReasonCoding | None, where: str) -> Reason | None:
    if reason is None or not (reason.code or reason.system):
        return None
    code = _short(reason.code, f"{where}.code") if reason.code else None
    return Reason(code, _short(reason.system, f"{where}.system") if reason.system else None)


def _comment(comment: str | None, where: str) -> str | None:
    if not comment:
        return None
    if len(comment) > MOST_COMMENT_CHARACTERS or _NUL in comment:
        message = f"at most {MOST_COMMENT_CHARACTERS} characters, none of them NUL, were expected"
        raise MalformedRequest(message, where)
    return comment


def _id(value: str, where: str) -> str:
    """A uuid is written as we write ours, so that it is found; another id is kept as it is (protocol B4)."""
    try:
        return str(UUID(_short(value, where)))
    except ValueError:
        return value


def _short(value: str, where: str) -> str:
    if not value or len(value) > MOST_CHARACTERS or _CONTROL.search(value):
        raise MalformedRequest(f"1 to {MOST_CHARACTERS} characters, no control characters, were expected", where)
    return value


def _moment(item: FeedbackItem, where: str) -> datetime:
    try:
        return item.outcome_timestamp.astimezone(UTC)
    except OverflowError as error:
        raise MalformedRequest("a time within the years 1 to 9999 was expected", f"{where}.outcomeTimestamp") from error
