"""Prefetch templates filled in, and the HTTP requests made of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from app.errors import MalformedRequest

_TOKEN = re.compile(r"\{\{context\.(\w+)\}\}")
_LONGEST_URL = 2000
_KEPT = ",:/"
"""Legal in a query as they are, and frequent in searches by code."""


@dataclass(frozen=True, slots=True)
class QueryContext:
    """The ids of a hook's context: `patient_id` and `encounter_id` bare, `user_id` as `Type/id`."""

    patient_id: str
    user_id: str
    encounter_id: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """An instance (`Patient/1`), or a type and its search parameters; not encoded."""

    path: str
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def type(self) -> str:
        """The resource type that is asked for."""
        return self.path.split("/")[0]

    def paged(self, size: int) -> Query:
        """The same search in pages of so many; an instance has no pages."""
        return Query(self.path, (*self.parameters, ("_count", str(size)))) if self.parameters else self


@dataclass(frozen=True, slots=True)
class Request:
    """A GET, or a POST of `form` (application/x-www-form-urlencoded)."""

    url: str
    form: str | None = None

    @property
    def method(self) -> str:
        """The HTTP method."""
        return "GET" if self.form is None else "POST"


def fill(template: str, context: QueryContext) -> Query:
    """A template with its tokens replaced; raises MalformedRequest for an id that a URL cannot carry."""
    values = {"patientId": context.patient_id, "userId": context.user_id, "encounterId": context.encounter_id}
    path, _, search = template.partition("?")
    pairs = [pair.partition("=") for pair in search.split("&") if pair]
    return Query(_put(path, values), tuple((name, _put(value, values)) for name, _, value in pairs))


def request_for(query: Query, base: str) -> Request:
    """GET, or POST to `_search` when the URL would be longer than proxies let through (https://hl7.org/fhir/http.html).

    `base` is the URL of the server without a slash at its end.
    """
    target = f"{base}/{quote(query.path)}"
    search = urlencode(query.parameters, safe=_KEPT, quote_via=quote)
    url = f"{target}?{search}" if search else target
    return Request(url) if len(url) <= _LONGEST_URL else Request(f"{target}/_search", search)


def _put(text: str, values: dict[str, str | None]) -> str:
    return _TOKEN.sub(lambda found: _value(found[1], values), text)


def _value(name: str, values: dict[str, str | None]) -> str:
    value = values[name]
    if not value or not value.strip("."):
        raise MalformedRequest("an id was expected that a URL can carry", f"context.{name}")
    return value
