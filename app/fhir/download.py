"""A search followed page by page, until its end or until it fails; what arrived before counts."""

from __future__ import annotations

from dataclasses import dataclass

from app.chart.decode import Link, Page, reference_of
from app.fhir.failure import FetchFailed, Kind
from app.fhir.link import next_request
from app.fhir.query import Query, Request, request_for
from app.fhir.session import Session


@dataclass(frozen=True, slots=True)
class Download:
    """The pages that arrived, and why there are not more."""

    pages: tuple[Page, ...] = ()
    failure: FetchFailed | None = None


async def download(session: Session, resource_type: str, start: Query | Link) -> Download:
    """All pages that answer a query, or that follow from a link; its session ends it in time."""
    pages = _Pages(session, resource_type)
    try:
        await pages.read(start)
    except FetchFailed as failure:
        return Download(tuple(pages.read_so_far), failure)
    return Download(tuple(pages.read_so_far))


class _Pages:
    """The pages of one search, and what tells that they never end."""

    def __init__(self, session: Session, resource_type: str) -> None:
        self.read_so_far: list[Page] = []
        self._session = session
        self._type = resource_type
        self._asked: set[Request] = set()
        self._met: set[str] = set()

    async def read(self, start: Query | Link) -> None:
        following = self._take(await self._first(start))
        while following is not None:
            request = self._request(following)
            following = self._take(await self._session.page(request))

    async def _first(self, start: Query | Link) -> Page:
        if isinstance(start, Link):
            return await self._session.page(self._request(start))
        base, paged = self._session.base, start.paged(self._session.limits.page_size)
        try:
            return await self._session.page(request_for(paged, base))
        except FetchFailed as failure:
            if failure.kind is not Kind.BAD_REQUEST or paged == start:
                raise
        return await self._session.page(request_for(start, base))  # some servers refuse `_count`

    def _request(self, link: Link) -> Request:
        request = next_request(link, self._session.base, self._type)
        if request in self._asked:
            raise FetchFailed(Kind.ENDLESS, "the pages of the FHIR server go in a circle")
        if len(self.read_so_far) >= self._session.limits.pages:
            raise FetchFailed(Kind.ENDLESS, f"the FHIR server has more than {self._session.limits.pages} pages")
        self._asked.add(request)
        return request

    def _take(self, page: Page) -> Link | None:
        """Keep a page and give the link to the one after it; one that only says again what was said leads nowhere."""
        self.read_so_far.append(page)
        if page.failed:
            raise FetchFailed(Kind.OUTCOME, "the FHIR server answered with an OperationOutcome")
        names = {reference_of(entry.resource) for entry in page.entries if entry.resource and entry.resource.id}
        if page.has_next and names and names <= self._met:
            raise FetchFailed(Kind.ENDLESS, "the FHIR server sends the same page again and again")
        self._met |= names
        return page.next
