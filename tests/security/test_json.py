"""Attacks with JSON that one reader takes for this and another for that."""

from __future__ import annotations

import pytest

from app.chart.decode import decode_page
from app.chart.resources import Observation
from app.errors import MalformedRequest, TooLarge
from app.hooks.request import HookRequest, decode_request
from app.security.body import MOST_RESOURCES, check_body

_CALL = (
    b'{"hook":"patient-view","hookInstance":"d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",'
    b'"context":{"userId":"Practitioner/1","patientId":"1"}%b}'
)
_BUNDLE = b'{"resourceType":"Bundle","type":"searchset","entry":[{"resource":%b},{"resource":%b}]}'
_GOOD = b'{"resourceType":"Observation","id":"good","status":"final","code":{},"valueQuantity":{"value":4.1}}'


def _decode(body: bytes) -> HookRequest:
    check_body(body)
    return decode_request(body, "patient-view")


def _read(more: bytes) -> HookRequest:
    return _decode(_CALL % more)


@pytest.mark.parametrize(
    "value",
    [b"NaN", b"Infinity", b"-Infinity", b"nan", b"0x10", b"01", b"+1", b".5", b"1.", b"'a'", b"undefined", b"[1,]"],
)
def test_nan_and_its_like_are_not_json_even_where_nobody_reads_them(value: bytes) -> None:
    with pytest.raises(MalformedRequest):
        _read(b',"vendor":{"deep":[' + value + b"]}")


@pytest.mark.parametrize("more", [b"}", b"}{}", b",", b'"', b"\x00", b"//", b"/* */", b" \xef\xbb\xbf"])
def test_nothing_may_come_after_the_call(more: bytes) -> None:
    with pytest.raises(MalformedRequest):
        _decode(_CALL % b"" + more)


@pytest.mark.parametrize("letter", [b"\x01", b"\n", b"\x1f", b"\x00"])
def test_a_control_character_in_a_string_is_not_json(letter: bytes) -> None:
    with pytest.raises(MalformedRequest):
        _read(b',"vendor":"a' + letter + b'b"')


@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b"9" * 400])
def test_a_number_beyond_all_numbers_leaves_its_resource_out_and_names_it(number: bytes) -> None:
    endless = _GOOD.replace(b"good", b"endless").replace(b"4.1", number)
    page = decode_page(_BUNDLE % (endless, _GOOD))
    assert [entry.resource.id for entry in page.entries if entry.resource] == ["good"]
    assert [left.reference for left in page.left_out] == ["Observation/endless"]


def test_of_a_key_that_comes_twice_the_last_counts_for_everyone() -> None:
    """What is checked is what is used: there is one reader, and it is the same for the check and for the use."""
    twice = b',"context":{"userId":"Practitioner/1","patientId":"2"}'
    assert _read(twice).context.patient_id == "2"
    token = (
        b',"fhirServer":"https://ehr.example","fhirAuthorization":{"access_token":"t","token_type":"Bearer",'
        b'"expires_in":1,"scope":"","subject":"s","patient":"2","patient":"%b"}'
    )
    assert _read(token % b"1").fhir_authorization is not None
    with pytest.raises(MalformedRequest):
        _read(token % b"2")


def test_of_a_value_that_comes_twice_the_last_counts() -> None:
    page = decode_page(_BUNDLE % (_GOOD, _GOOD.replace(b"4.1", b'4.1,"value":9.9')))
    values = [entry.resource.valueQuantity for entry in page.entries if isinstance(entry.resource, Observation)]
    assert [value.value for value in values if value] == [4.1, 9.9]


def test_an_escaped_half_of_a_letter_names_nobody() -> None:
    with pytest.raises(MalformedRequest, match="the id of a Patient"):
        _decode(_CALL.replace(b'"1"', rb'"\ud800"') % b"")


def test_p8_an_escaped_half_of_a_letter_costs_nothing_of_the_call() -> None:
    request = _read(rb',"vendor":"Fall risk \ud83d","prefetch":{"labs":{"resourceType":"Observation","id":"a\udc00"}}')
    assert request.context.patient_id == "1"
    assert "labs" in (request.prefetch or {})


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf"])
def test_neither_half_a_letter_nor_a_mark_hides_how_many_resources_there_are(before: bytes) -> None:
    entries = b",".join([rb'{"resource":{"resource\u0054ype":"Observation"}}'] * (MOST_RESOURCES + 1))
    prefetch = rb',"vendor":"\ud83d","prefetch":{"labs":{"resourceType":"Bundle","entry":[%b]}}' % entries
    with pytest.raises(TooLarge):
        _decode(before + _CALL % prefetch)
