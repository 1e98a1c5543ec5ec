"""Each prefetch query put to the server with a token, as a call would."""

from __future__ import annotations

from time import perf_counter

from app.fhir.download import Download, download
from app.fhir.query import Query
from app.fhir.scope import leaves_out
from app.fhir.session import Session
from app.trial.ehr.finding import Finding

PART = "query"


async def check_query(session: Session, key: str, query: Query, budget: float) -> Finding:
    """Whether it is answered, how large and how fast; `budget` is what a call has for all queries, in seconds."""
    what = f"{key}: {query.type}"
    if leaves_out(session.access.scope, query.type):
        return Finding(PART, what, "failed", "the scope that was given leaves it out")
    began = perf_counter()
    found = await download(session, query.type, query)
    seconds = perf_counter() - began
    told = f"{_size(found)}, {seconds:.3f} s"
    if found.failure:
        return Finding(PART, what, "failed", f"{found.failure} ({told})")
    left_out = sum(len(page.left_out) for page in found.pages)
    if left_out:
        return Finding(PART, what, "note", f"{told}; {left_out} resources are not valid FHIR where they are read")
    if seconds > budget:
        return Finding(PART, what, "note", f"{told}; a call has {budget:g} s for all")
    return Finding(PART, what, "ok", told)


def _size(found: Download) -> str:
    entries = sum(len(page.entries) for page in found.pages)
    return f"{len(found.pages)} page{'' if len(found.pages) == 1 else 's'} of {entries} resources"
