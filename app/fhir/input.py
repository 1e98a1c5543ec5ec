"""What is known of one prefetch key, whether the client sent it or its server had to be asked."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from app.chart.decode import Entry, LeftOut, Link, Page
from app.fhir.failure import Kind
from app.fhir.templates import Template


class Input(Struct, frozen=True):
    """Entries of the types that were asked for. `unavailable` says why it is not, or not wholly, there.

    It can be mended from the server when `unanswered` (nothing has answered the query yet) or from its `next` page.
    `fetched` is whether the server added to it, `failure` what kept the server from adding all.
    """

    entries: tuple[Entry, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    unavailable: str | None = None
    unanswered: bool = False
    next: Link | None = None
    fetched: bool = False
    failure: Kind | None = None

    @property
    def can_be_mended(self) -> bool:
        """Whether the client's FHIR server could tell more."""
        return self.unanswered or self.next is not None

    @property
    def tells(self) -> bool:
        """Whether anything is known from it: some entries, or that there are none."""
        return bool(self.entries) or self.unavailable is None or self.next is not None


def read_page(template: Template, page: Page) -> Input:
    """One page, without what nobody asked for (protocol P7)."""
    entries = page.entries
    if not page.types <= template.types:
        entries = tuple(entry for entry in entries if type(entry.resource) in template.types)
    found = Input(entries, page.left_out)
    if page.failed:
        return replace(found, unavailable="could not be fetched by the client")
    if page.next is not None:
        return replace(found, unavailable="was cut short: more pages exist", next=page.next)
    if page.withholds:
        return replace(found, unavailable="counts resources and holds none", unanswered=True)
    if not entries and not page.left_out and (page.types or not page.is_bundle):
        return replace(found, unavailable=f"holds no {' or '.join(sorted(template.type_names))}", unanswered=True)
    return found
