"""The body of a feedback call (protocol B1 to B4)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import MalformedRequest, RequestError, TooLarge
from app.hooks.feedback import MOST_ITEMS, decode_feedback
from app.store.records import Feedback, Reason

CARD = "4e0a3a1e-3283-4575-ab82-028d55fe2719"
BUTTON = "e56e1945-20b3-4393-8503-a1a20fd73152"
ACCEPTED = {
    "card": CARD,
    "outcome": "accepted",
    "acceptedSuggestions": [{"id": BUTTON}],
    "outcomeTimestamp": "2026-11-22T12:00:00Z",
}
OVERRIDDEN = {"card": CARD, "outcome": "overridden", "outcomeTimestamp": "2026-11-22T12:00:00Z"}
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


def decode(*items: Any) -> tuple[Feedback, ...]:
    return decode_feedback(json.dumps({"feedback": items}).encode())


def reason(**elements: Any) -> dict[str, Any]:
    return {**OVERRIDDEN, "overrideReason": elements}


def test_an_accepted_card_names_its_suggestions() -> None:
    two = {**ACCEPTED, "acceptedSuggestions": [{"id": "b"}, {"id": "a"}, {"id": "b"}]}
    assert decode(ACCEPTED, two) == (
        Feedback(CARD, "accepted", AT, accepted=(BUTTON,)),
        Feedback(CARD, "accepted", AT, accepted=("b", "a")),
    )


def test_an_overridden_card_may_say_why() -> None:
    coding = {"code": "patient-ineligible", "system": "urn:x", "display": "Ineligible"}
    assert decode(OVERRIDDEN, reason(reason=coding, userComment="no")) == (
        Feedback(CARD, "overridden", AT),
        Feedback(CARD, "overridden", AT, reason=Reason("patient-ineligible", "urn:x"), comment="no"),
    )


@pytest.mark.parametrize(
    ("why", "expected"),
    [
        ({"reason": {"code": "x"}}, Reason("x")),
        ({"reason": {"system": "urn:x", "display": "X"}}, Reason(None, "urn:x")),
        ({"reason": {}}, None),
        ({"reason": None, "userComment": None}, None),
        ({}, None),
    ],
)
def test_a_reason_may_lack_what_clients_leave_out(why: Any, expected: Reason | None) -> None:
    (item,) = decode(reason(**why))
    assert item.reason == expected


def test_what_does_not_belong_to_the_outcome_is_left_out() -> None:
    accepted, overridden = decode(
        {**ACCEPTED, "overrideReason": {"reason": {"code": "x"}, "userComment": "no"}},
        {**OVERRIDDEN, "acceptedSuggestions": [{"id": BUTTON}]},
    )
    assert (accepted.reason, accepted.comment, overridden.accepted) == (None, None, ())


def test_unknown_fields_are_ignored() -> None:
    item = {**ACCEPTED, "extension": {"x": 1}, "acceptedSuggestions": [{"id": BUTTON, "y": 2}], "overrideReason": None}
    body = {"feedback": [item], "extension": {"z": 3}}
    assert decode_feedback(json.dumps(body).encode()) == decode(ACCEPTED)


def test_a_call_without_items_is_fine() -> None:
    assert decode() == ()


def test_a_uuid_is_found_however_it_is_written() -> None:
    (item,) = decode({**ACCEPTED, "card": CARD.upper(), "acceptedSuggestions": [{"id": f"urn:uuid:{BUTTON}"}]})
    assert (item.card, item.accepted) == (CARD, (BUTTON,))


def test_a_card_of_someone_else_may_have_any_id() -> None:
    (item,) = decode({**OVERRIDDEN, "card": "42/ä"})
    assert item.card == "42/ä"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-22T12:00:00.500Z", datetime(2026, 11, 22, 12, 0, 0, 500_000, UTC)),
        ("2026-11-22T13:00:00+01:00", AT),
        ("2026-11-22t12:00:00z", AT),
    ],
)
def test_times_are_read_in_utc(written: str, meant: datetime) -> None:
    (item,) = decode({**OVERRIDDEN, "outcomeTimestamp": written})
    assert item.outcome_at == meant
    assert item.outcome_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("element", "value", "where"),
    [
        ("card", None, "card"),
        ("card", 7, "card"),
        ("card", "", "card"),
        ("card", "x" * 256, "card"),
        ("card", "x\x7f", "card"),
        ("card", "a\x00b", "card"),
        ("card", "a\nb", "card"),
        ("outcome", "ignored", "outcome"),
        ("outcome", None, "outcome"),
        ("outcomeTimestamp", "yesterday", "outcomeTimestamp"),
        ("outcomeTimestamp", "2026-11-22T12:00:00", "outcomeTimestamp"),
        ("outcomeTimestamp", "2026-11-22", "outcomeTimestamp"),
        ("outcomeTimestamp", 1763812800, "outcomeTimestamp"),
        ("outcomeTimestamp", "9999-12-31T23:59:59-14:00", "outcomeTimestamp"),
        ("outcomeTimestamp", "0001-01-01T00:00:00+14:00", "outcomeTimestamp"),
        ("acceptedSuggestions", None, "acceptedSuggestions"),
        ("acceptedSuggestions", [], "acceptedSuggestions"),
        ("acceptedSuggestions", BUTTON, "acceptedSuggestions"),
        ("acceptedSuggestions", [{"id": BUTTON}, {"id": ""}], "acceptedSuggestions[1].id"),
        ("overrideReason", "because", "overrideReason"),
    ],
)
def test_a_bad_item_is_named_and_its_value_is_not_told(element: str, value: Any, where: str) -> None:
    with pytest.raises(MalformedRequest) as raised:
        decode(OVERRIDDEN, ACCEPTED, {**ACCEPTED, element: value}, OVERRIDDEN)
    assert raised.value.where == f"feedback[2].{where}"
    assert "expected" in str(raised.value).lower() or "needs" in str(raised.value) or "Invalid" in str(raised.value)
    assert not isinstance(value, str) or not value or value not in str(raised.value)


@pytest.mark.parametrize("element", ["card", "outcome", "outcomeTimestamp", "acceptedSuggestions"])
def test_an_element_that_is_missing_is_named(element: str) -> None:
    with pytest.raises(MalformedRequest) as raised:
        decode({name: value for name, value in ACCEPTED.items() if name != element})
    assert element in f"{raised.value} {raised.value.where}"
    assert str(raised.value.where).startswith("feedback[0]")


@pytest.mark.parametrize(
    ("why", "where"),
    [
        ({"reason": "x"}, "reason"),
        ({"reason": {"code": 7}}, "reason.code"),
        ({"reason": {"code": "x" * 256}}, "reason.code"),
        ({"reason": {"code": "x", "system": "a\x00"}}, "reason.system"),
        ({"userComment": 7}, "userComment"),
        ({"userComment": "x" * 10_001}, "userComment"),
        ({"userComment": "a\x00b"}, "userComment"),
    ],
)
def test_a_bad_reason_is_named(why: Any, where: str) -> None:
    with pytest.raises(MalformedRequest) as raised:
        decode(reason(**why))
    assert raised.value.where == f"feedback[0].overrideReason.{where}"


def test_a_comment_may_have_lines() -> None:
    (item,) = decode(reason(userComment="first\nsecond\t€"))
    assert item.comment == "first\nsecond\t€"


@pytest.mark.parametrize("items", [[7], ["x"], [None], [[]]])
def test_an_item_that_is_no_object_is_named(items: list[Any]) -> None:
    with pytest.raises(MalformedRequest) as raised:
        decode(*items)
    assert raised.value.where == "feedback[0]"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"feedback": null}',
        b'{"feedback": {}}',
        b"\xff",
        b'{"feedback": [\xff]}',
        b'{"feedback": [{"card": "\\ud800", "outcome": "x"}]}',
        b'{"feedback": [NaN]}',
        b'{"feedback": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"feedback": [{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]}",
    ],
)
def test_a_body_that_is_something_else_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        decode_feedback(body)


def test_more_items_than_one_transaction_should_hold_are_refused() -> None:
    assert len(decode(*[OVERRIDDEN] * MOST_ITEMS)) == MOST_ITEMS
    with pytest.raises(TooLarge, match="at most 1000 items"):
        decode(*[OVERRIDDEN] * (MOST_ITEMS + 1))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from([*ACCEPTED, "overrideReason"]), JSON)
def test_whatever_is_sent_is_read_or_refused(element: str, value: Any) -> None:
    try:
        (item,) = decode({**ACCEPTED, element: value})
    except RequestError as error:
        assert str(error.where).startswith("feedback[0]")  # noqa: PT017 (that it may also be read is the point)
    else:
        assert item.card


def test_the_longest_id_and_the_longest_comment_are_taken() -> None:
    (taken,) = decode({**reason(userComment="c" * 10_000), "card": "x" * 255})
    assert (taken.card, taken.comment) == ("x" * 255, "c" * 10_000)
