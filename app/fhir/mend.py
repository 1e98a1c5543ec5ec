"""An input completed from the client's FHIR server."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from app.chart.resources import Patient
from app.fhir.download import download
from app.fhir.failure import FetchFailed, Kind
from app.fhir.input import Input, read_page
from app.fhir.query import Query
from app.fhir.scope import leaves_out
from app.fhir.session import Session
from app.fhir.templates import Template


async def mend(session: Session, template: Template, came: Input, query: Query, patient_id: str) -> Input:
    """What came, with what the server adds: all that answers the query, or the pages that were still to come."""
    if leaves_out(session.access.scope, query.type):
        return _without(came, FetchFailed(Kind.SCOPE, f"the token's scope leaves out {query.type}"))
    found = await download(session, query.type, came.next or query)
    parts = [read_page(template, page) for page in found.pages]
    if any(_is_another(part, patient_id) for part in parts):
        return _without(came, FetchFailed(Kind.OTHER_PATIENT, "the FHIR server answered with another Patient"))
    return _joined(came, parts, found.failure or _strange(template, parts))


def unmended(came: Input, why: FetchFailed) -> Input:
    """What came, where the server that was sent may not be asked for more."""
    return replace(came, unavailable=f"{came.unavailable}, and {why}", failure=why.kind)


def _is_another(part: Input, patient_id: str) -> bool:
    """Protocol C5; only the input that asks for the Patient has one."""
    patients = [entry.resource for entry in part.entries if isinstance(entry.resource, Patient)]
    return any(one.id not in (None, patient_id) for one in patients)


def _strange(template: Template, parts: Sequence[Input]) -> FetchFailed | None:
    if not any(part.unanswered for part in parts):
        return None
    return FetchFailed(Kind.NOT_FHIR, f"the FHIR server answered with no {' or '.join(sorted(template.type_names))}")


def _without(came: Input, failure: FetchFailed) -> Input:
    return _joined(came, (), failure)


def _joined(came: Input, parts: Sequence[Input], failure: FetchFailed | None) -> Input:
    answers = sum(part.tells for part in parts)
    return Input(
        entries=(*came.entries, *(entry for part in parts for entry in part.entries)),
        left_out=(*came.left_out, *(item for part in parts for item in part.left_out)),
        unavailable=_gap(came, answers, failure) if failure else None,
        fetched=answers > 0,
        failure=failure.kind if failure else None,
    )


def _gap(came: Input, answers: int, failure: FetchFailed) -> str:
    pages = answers + (came.next is not None)
    if pages == 0:
        return f"{came.unavailable}, and could not be fetched: {failure}"
    perhaps = "perhaps " if failure.kind is Kind.LINKS else ""
    return f"was {perhaps}cut short after {pages} page{'s' if pages > 1 else ''}: {failure}"
