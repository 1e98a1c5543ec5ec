"""What a FHIR server says it can do (https://hl7.org/fhir/R4/capabilitystatement.html), against what is asked of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
from msgspec import Struct

from app.chart.decode import UNREADABLE
from app.chart.version import FhirVersion, parse_version
from app.fhir.failure import FetchFailed
from app.fhir.query import Query, Request
from app.fhir.session import Session
from app.trial.ehr.finding import Finding

PART = "server"


class _Interaction(Struct):
    code: str = ""


class _Parameter(Struct):
    name: str = ""


class _Resource(Struct, rename="camel"):
    type: str
    interaction: list[_Interaction] = []
    search_param: list[_Parameter] = []


class _Rest(Struct):
    resource: list[_Resource] = []


class CapabilityStatement(Struct, rename="camel"):
    """The elements that are read here."""

    fhir_version: str
    rest: list[_Rest] = []

    @property
    def resources(self) -> dict[str, _Resource]:
        """By type."""
        return {one.type: one for rest in self.rest for one in rest.resource}


async def check_server(session: Session, registered: FhirVersion | None, queries: Mapping[str, Query]) -> list[Finding]:
    """Release, resource types and search parameters; `queries` are the prefetch templates, by key, filled in."""
    try:
        body = await session.public(Request(f"{session.base}/metadata"))
        statement = msgspec.json.decode(body, type=CapabilityStatement)
    except FetchFailed as failure:
        return [Finding(PART, f"{session.base}/metadata", "failed", str(failure))]
    except UNREADABLE:
        return [Finding(PART, f"{session.base}/metadata", "failed", "a CapabilityStatement as JSON was expected")]
    return [
        _release(statement, registered),
        *(finding for key, query in queries.items() for finding in _query(key, query, statement)),
    ]


def _release(statement: CapabilityStatement, registered: FhirVersion | None) -> Finding:
    told = statement.fhir_version
    try:
        version = parse_version(told)
    except ValueError as error:
        return Finding(PART, "FHIR version", "failed", str(error))
    if registered not in (None, version):
        return Finding(PART, "FHIR version", "failed", f"registered as {registered.value}, and it is {told}")
    return Finding(PART, "FHIR version", "ok", f"{told} ({version.value})")


def _query(key: str, query: Query, statement: CapabilityStatement) -> Iterator[Finding]:
    resource = statement.resources.get(query.type)
    if resource is None:
        yield Finding(PART, f"{key}: {query.type}", "failed", "the CapabilityStatement does not name this type")
        return
    needed = "search-type" if query.parameters else "read"
    offered = {one.code for one in resource.interaction}
    # Where a server lists no interaction or parameter at all, it leaves them unsaid.
    lacking = [needed] if offered and needed not in offered else []
    named = {one.name for one in resource.search_param}
    lacking += [name for name, _ in query.parameters if named and name not in named]
    if lacking:
        yield Finding(PART, f"{key}: {query.type}", "failed", f"not offered: {', '.join(lacking)}")
    elif not offered or (query.parameters and not named):
        yield Finding(PART, f"{key}: {query.type}", "note", "named, without saying what can be done with it")
    else:
        yield Finding(PART, f"{key}: {query.type}", "ok", f"offers {_asked(query)}")


def _asked(query: Query) -> str:
    return f"search by {', '.join(name for name, _ in query.parameters)}" if query.parameters else "read"
