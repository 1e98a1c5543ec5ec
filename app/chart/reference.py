"""References as charts write them: relative, absolute, to one version, or by a UUID."""

from __future__ import annotations

_URN = "urn:uuid:"


def unversioned(reference: str) -> str:
    """The same reference, to whatever version there is."""
    return reference.split("/_history/", maxsplit=1)[0]


def relative(reference: str, kind: str) -> str:
    """`Type/id` of a reference to a resource of this kind.

    One by a UUID is understood where the UUID is the id: so do resources refer that were never stored (Synthea's).
    """
    if reference.startswith(_URN):
        return f"{kind}/{reference.removeprefix(_URN)}"
    return "/".join(unversioned(reference).split("/")[-2:])
