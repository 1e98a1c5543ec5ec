"""Bytes to resources. One that is not valid FHIR where we read it is left out and named; the others still count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from app.chart.resources import AnyResource, OperationOutcome, Resource, type_names

_NULL = b"null"
_NO_DATA = frozenset({type(None), OperationOutcome})


@dataclass(frozen=True, slots=True, order=True)
class LeftOut:
    """A resource (or a part of one) that was not reasoned on, and why; no patient data beyond the reference.

    `lab` names the test, where it was one.
    """

    reference: str
    reason: str
    lab: str = ""


class Search(Struct, frozen=True, gc=False):
    """FHIR Bundle.entry.search."""

    mode: str | None = None


class EntryResponse(Struct, frozen=True, gc=False):
    """FHIR Bundle.entry.response."""

    status: str | None = None


class Entry(Struct, frozen=True, gc=False):
    """FHIR Bundle.entry. A resource of a type that is not read is a bare Resource."""

    fullUrl: str | None = None
    resource: AnyResource | Resource | None = None
    search: Search | None = None
    response: EntryResponse | None = None


class Link(Struct, frozen=True, gc=False):
    """FHIR Bundle.link."""

    relation: str | None = None
    url: str | None = None


class UnreadableLink(Link, frozen=True):
    """A link, or all links of a Bundle, of which it cannot be told whether there is one to a next page."""

    relation: str | None = "next"


class Bundle(Resource, frozen=True, tag="Bundle"):
    """FHIR Bundle of any type."""

    total: int | None = None
    entry: tuple[Entry, ...] = ()
    link: tuple[Link, ...] = ()


Value = Bundle | AnyResource
"""What an answer to a query may be."""


class _RawEntry(Struct, frozen=True):
    fullUrl: str | None = None
    resource: Raw = Raw(_NULL)
    search: Search | None = None
    response: EntryResponse | None = None


class _RawBundle(Struct, frozen=True):
    total: Any = None
    entry: tuple[Raw, ...] | None = None
    link: Raw = Raw(_NULL)


class _Relation(Struct, frozen=True):
    relation: str


class _Type(Struct, frozen=True):
    resourceType: str


class _Head(Struct, frozen=True):
    resourceType: str
    id: str | None = None


class Page(Struct, frozen=True, gc=False):
    """What one value held: entries, their types, what was left out, the link to more, whether it reports a failure.

    `withholds` is whether it counts matches and holds none of them.
    """

    entries: tuple[Entry, ...] = ()
    types: frozenset[type[Resource] | type[None]] = frozenset()
    left_out: tuple[LeftOut, ...] = ()
    next: Link | None = None
    failed: bool = False
    is_bundle: bool = True
    withholds: bool = False

    @property
    def has_next(self) -> bool:
        """Whether it is one page of several, and not the last."""
        return self.next is not None


UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises for bytes that are not JSON, not UTF-8, or nested without end."""


_value: msgspec.json.Decoder[Value] = msgspec.json.Decoder(Value)
_raw_bundle = msgspec.json.Decoder(_RawBundle)
_raw_entry = msgspec.json.Decoder(_RawEntry)
_raw_links = msgspec.json.Decoder(tuple[Raw, ...] | None)
_link = msgspec.json.Decoder(Link)
_relation = msgspec.json.Decoder(_Relation)
_type = msgspec.json.Decoder(_Type)
_head = msgspec.json.Decoder(_Head)
_by_type: dict[str, msgspec.json.Decoder[AnyResource]] = {
    name: msgspec.json.Decoder(kind) for name, kind in type_names.items()
}


def reference_of(resource: Resource) -> str:
    """`Type/id`, or the bare type where the resource has no id."""
    kind = type(resource).__name__
    return f"{kind}/{resource.id}" if resource.id else kind


def decode_page(raw: bytes | Raw) -> Page:
    """Read a Bundle or a single resource; raises msgspec.DecodeError when it is neither.

    Whole in one go when all is well, entry by entry when something in it is not.
    """
    try:
        return page_of(_value.decode(raw))
    except msgspec.ValidationError:
        return decode_carefully(raw)


def page_of(value: Value) -> Page:
    """What a value holds that was decoded whole."""
    if isinstance(value, Bundle):
        return _counted(_page(value.entry, (), value.link), value.total)
    return replace(_page((Entry(resource=value),), (), ()), is_bundle=False)


def decode_carefully(raw: bytes | Raw) -> Page:
    """The same entry by entry: what is not valid is left out and named. Where all is valid, the same page."""
    if _type.decode(raw).resourceType == "Bundle":
        bundle = _raw_bundle.decode(raw)
        page = _page(*_careful(bundle.entry or ()), _careful_links(bundle.link))
        return _counted(page, bundle.total)
    _head.decode(raw)  # one resource alone that cannot be named is no answer to a query
    return replace(_page(*_careful([Raw(b'{"resource":%b}' % bytes(raw))]), ()), is_bundle=False)


def _page(entries: tuple[Entry, ...], left_out: tuple[LeftOut, ...], links: tuple[Link, ...]) -> Page:
    following = next((link for link in links if link.relation == "next"), None)
    types = frozenset([type(entry.resource) for entry in entries])
    if types.isdisjoint(_NO_DATA):
        return Page(entries, types, left_out, following)
    kept = tuple(entry for entry in entries if type(entry.resource) not in _NO_DATA)
    return Page(kept, types - _NO_DATA, left_out, following, any(_is_failure(entry) for entry in entries))


def _counted(page: Page, total: Any) -> Page:
    if page.types or page.left_out or page.failed or page.has_next or not isinstance(total, int) or total <= 0:
        return page
    return replace(page, withholds=True)


def _is_failure(entry: Entry) -> bool:
    """An outcome entry with search mode `outcome` is information (protocol P4), any other says that a query failed.

    So does an entry of a batch whose response has an error's status.
    """
    if entry.response is not None and (entry.response.status or "").startswith(("4", "5")):
        return True
    return isinstance(entry.resource, OperationOutcome) and not informs(entry.search)


def informs(search: Search | None) -> bool:
    """Whether an entry with this search is information about a query that succeeded (protocol P4)."""
    return search is not None and search.mode == "outcome"


def _careful(entries: Iterable[Raw]) -> tuple[tuple[Entry, ...], tuple[LeftOut, ...]]:
    items = [item for entry in entries for item in _decode_entry(entry)]
    kept = tuple(item for item in items if isinstance(item, Entry))
    return kept, tuple(item for item in items if isinstance(item, LeftOut))


def _careful_links(raw: Raw) -> tuple[Link, ...]:
    try:
        return tuple(_decode_link(link) for link in _raw_links.decode(raw) or ())
    except msgspec.ValidationError:
        return (UnreadableLink(),)


def _decode_link(raw: Raw) -> Link:
    """The link, or what it is for: only one to a next page needs its address."""
    try:
        return _link.decode(raw)
    except msgspec.ValidationError:
        return Link(_relation.decode(raw).relation)


def _decode_entry(raw: Raw) -> Iterator[Entry | LeftOut]:
    """The entry, or why it is left out; of a resource of a type that is not read, no more than that it is there."""
    name = "a resource"
    try:
        entry = _raw_entry.decode(raw)
        if bytes(entry.resource) == _NULL:
            yield Entry(entry.fullUrl, None, entry.search, entry.response)
            return
        head = _head.decode(entry.resource)
        name = f"{head.resourceType}/{head.id}" if head.id else head.resourceType
        decoder = _by_type.get(head.resourceType)
        resource = decoder.decode(entry.resource) if decoder else Resource(head.id)
        yield Entry(entry.fullUrl, resource, entry.search, entry.response)
    except UNREADABLE as error:
        yield LeftOut(name, f"not valid FHIR: {_in_words(error)}")


def _in_words(error: Exception) -> str:
    """msgspec names types and places, never values; other errors may hold what the chart said."""
    return str(error) if isinstance(error, msgspec.ValidationError) else type(error).__name__
