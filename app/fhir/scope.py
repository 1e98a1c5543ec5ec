"""What a SMART scope plainly leaves out (protocol C4)."""

from __future__ import annotations

import re

_CLINICAL = re.compile(r"(?:patient|user|system)/(?P<type>[A-Za-z]+|\*)\.(?P<rights>read|write|\*|[cruds]+)(?:\?\S*)?")
_V1_READING = frozenset({"read", "*"})
_V2_READING = frozenset("rs")


def leaves_out(scope: str | None, resource_type: str) -> bool:
    """Whether the scope names clinical rights, and none of them to read the type; v1 (`.read`) and v2 (`.rs`) alike.

    A scope without clinical rights (`launch openid`) says nothing either way, and one narrowed by a query
    (`.rs?category=...`) covers its type: what the server makes of it is for the server to say.
    """
    rights = [found for word in (scope or "").split() if (found := _CLINICAL.fullmatch(word))]
    return bool(rights) and not any(_reads(found) and found["type"] in (resource_type, "*") for found in rights)


def _reads(right: re.Match[str]) -> bool:
    return right["rights"] in _V1_READING or (right["rights"] != "write" and bool(_V2_READING & set(right["rights"])))
