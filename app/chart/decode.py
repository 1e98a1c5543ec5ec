"""Bytes to resources. One that is not valid FHIR where we read it is left out and named; the others still count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec
from msgspec import Raw, Struct

from app.chart.resources import AnyResource, OperationOutcome, Resource, type_names


@dataclass(frozen=True, slots=True, order=True)
class LeftOut:
    """A resource (or a part of one) that was not reasoned on, and why; no patient data beyond the reference.

    `lab` names the test, where it was one.
    """

    reference: str
    reason: str
    lab: str = ""


class Search(Struct, frozen=True):
    """FHIR Bundle.entry.search."""

    mode: str | None = None


class Entry(Struct, frozen=True):
    """FHIR Bundle.entry."""

    fullUrl: str | None = None
    resource: AnyResource | None = None
    search: Search | None = None


class Link(Struct, frozen=True):
    """FHIR Bundle.link."""

    relation: str | None = None
    url: str | None = None


class Bundle(Resource, frozen=True, tag="Bundle"):
    """FHIR Bundle of any type."""

    entry: tuple[Entry, ...] = ()
    link: tuple[Link, ...] = ()


class _RawEntry(Struct, frozen=True):
    fullUrl: str | None = None
    resource: Raw = Raw(b"null")
    search: Search | None = None


class _RawBundle(Struct, frozen=True):
    entry: tuple[_RawEntry, ...] = ()
    link: tuple[Link, ...] = ()


class _Head(Struct, frozen=True):
    resourceType: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What one value held: its entries, what was left out, whether more pages exist, whether it reports a failure."""

    entries: tuple[Entry, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    has_next: bool = False
    failed: bool = False


_bundle = msgspec.json.Decoder(Bundle)
_raw_bundle = msgspec.json.Decoder(_RawBundle)
_head = msgspec.json.Decoder(_Head)
_by_type: dict[str, msgspec.json.Decoder[AnyResource]] = {
    name: msgspec.json.Decoder(kind) for name, kind in type_names.items()
}


def reference_of(resource: Resource) -> str:
    """`Type/id`, or the bare type where the resource has no id."""
    kind = type(resource).__name__
    return f"{kind}/{resource.id}" if resource.id else kind


def decode_page(raw: bytes | Raw) -> Page:
    """Read a Bundle or a single resource; raises msgspec.DecodeError when it is neither."""
    head = _head.decode(raw)
    if head.resourceType == "Bundle":
        return _decode_bundle(raw)
    if head.resourceType is None:
        raise msgspec.ValidationError("Expected a FHIR resource: `resourceType` is missing")
    return _page(*_careful([_RawEntry(resource=Raw(raw))]), links=())


def _decode_bundle(raw: bytes | Raw) -> Page:
    """Whole in one go when all is well, entry by entry when something in it is not."""
    try:
        bundle = _bundle.decode(raw)
        return _page(bundle.entry, (), bundle.link)
    except msgspec.ValidationError:
        careful = _raw_bundle.decode(raw)
        entries, left_out = _careful(careful.entry)
        return _page(entries, left_out, careful.link)


def _page(entries: Iterable[Entry], left_out: Iterable[LeftOut], links: Iterable[Link]) -> Page:
    kept = tuple(entry for entry in entries if not isinstance(entry.resource, OperationOutcome))
    failed = any(_is_failure(entry) for entry in entries)
    return Page(kept, tuple(left_out), any(link.relation == "next" for link in links), failed)


def _is_failure(entry: Entry) -> bool:
    """An outcome entry with search mode `outcome` is information (protocol P4), any other says that a query failed."""
    informs = entry.search is not None and entry.search.mode == "outcome"
    return isinstance(entry.resource, OperationOutcome) and not informs


def _careful(entries: Iterable[_RawEntry]) -> tuple[tuple[Entry, ...], tuple[LeftOut, ...]]:
    kept: list[Entry] = []
    left_out: list[LeftOut] = []
    for item in _decode_each(entries):
        if isinstance(item, LeftOut):
            left_out.append(item)
        else:
            kept.append(item)
    return tuple(kept), tuple(left_out)


def _decode_each(entries: Iterable[_RawEntry]) -> Iterator[Entry | LeftOut]:
    for entry in entries:
        if bytes(entry.resource) == b"null":
            continue
        name = "a resource"
        try:
            head = _head.decode(entry.resource)
            name = f"{head.resourceType}/{head.id}" if head.id else str(head.resourceType)
            decoder = _by_type.get(head.resourceType or "")
            if decoder is not None:
                yield Entry(entry.fullUrl, decoder.decode(entry.resource), entry.search)
        except msgspec.ValidationError as error:
            yield LeftOut(name, f"not valid FHIR: {error}")
