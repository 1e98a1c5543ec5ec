"""Templates filled in, and requests made of them."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from app.errors import MalformedRequest
from app.fhir.query import Query, QueryContext, fill, request_for
from app.fhir.templates import TEMPLATES, filled_templates
from tests.support.charts import knowledge

BASE = "https://ehr.example/fhir"
CONTEXT = QueryContext("p-1.x_y", "Practitioner/u1", "e1")


def test_every_token_of_the_context_is_filled_in() -> None:
    query = fill("Encounter/{{context.encounterId}}?a={{context.patientId}}&b={{context.userId}}", CONTEXT)
    assert query == Query("Encounter/e1", (("a", "p-1.x_y"), ("b", "Practitioner/u1")))
    assert query.type == "Encounter"


def test_a_token_that_the_context_does_not_give_is_refused() -> None:
    with pytest.raises(MalformedRequest) as refused:
        fill("Encounter/{{context.encounterId}}", QueryContext("p1", "Practitioner/u1"))
    assert refused.value.where == "context.encounterId"


@pytest.mark.parametrize("value", ["a&b=c", "a=b", "a b+c", "100%", "é", "http://loinc.org|2823-3,x#y", "a?b/../c"])
def test_a_value_arrives_as_it_was_written(value: str) -> None:
    request = request_for(Query("Observation", (("code", value), ("patient", "1"))), BASE)
    assert request.url.isascii()
    assert dict(parse_qsl(urlsplit(request.url).query)) == {"code": value, "patient": "1"}
    assert urlsplit(request.url).path == "/fhir/Observation"


def test_a_url_of_2000_characters_is_a_get_and_a_longer_one_a_post() -> None:
    spent = len(f"{BASE}/Observation?code=")
    longest = request_for(Query("Observation", (("code", "x" * (2000 - spent)),)), BASE)
    assert (longest.method, len(longest.url)) == ("GET", 2000)
    longer = request_for(Query("Observation", (("code", "x" * (2001 - spent)),)), BASE)
    assert (longer.method, longer.url) == ("POST", f"{BASE}/Observation/_search")
    assert longer.form == "code=" + "x" * (2001 - spent)


def test_an_instance_has_no_pages_and_a_search_has() -> None:
    assert Query("Patient/1").paged(200) == Query("Patient/1")
    assert Query("Condition", (("patient", "1"),)).paged(200).parameters[-1] == ("_count", "200")


def test_d5_every_template_makes_a_get_with_ids_of_any_length_that_fhir_allows() -> None:
    context = QueryContext("p" * 128, "Practitioner/u1")
    filled = filled_templates(knowledge().vocabulary)
    requests = [request_for(fill(filled[template.key], context), BASE) for template in TEMPLATES]
    assert {one.method for one in requests} == {"GET"}
    assert all("{" not in one.url for one in requests)
