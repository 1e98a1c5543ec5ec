"""The link to the next page, which must not lead the token elsewhere (protocol F4)."""

from __future__ import annotations

import httpx

from app.chart.decode import Link, UnreadableLink
from app.clients.address import origin_of
from app.fhir.failure import FetchFailed, Kind
from app.fhir.query import Request


def next_request(link: Link, base: str, resource_type: str) -> Request:
    """The request for the page that a link names; relative ones are taken from the search that they continue.

    Raises FetchFailed when the link is none, or leaves the origin of `base`.
    """
    if isinstance(link, UnreadableLink):
        raise FetchFailed(Kind.LINKS, "the links to further pages cannot be read")
    if not link.url:
        raise FetchFailed(Kind.NOT_FHIR, "the link to the next page is empty")
    try:
        url = str(httpx.URL(f"{base}/{resource_type}").join(link.url).copy_with(fragment=None))
        stays = origin_of(url) == origin_of(base)
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchFailed(Kind.NOT_FHIR, "the link to the next page is not one that can be followed") from error
    if not stays:
        raise FetchFailed(Kind.OTHER_ORIGIN, "the link to the next page leads to another server")
    return Request(url)
