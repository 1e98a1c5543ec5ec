"""What all knowledge models share: frozen, strict, no unknown keys."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Phrase = Annotated[str, StringConstraints(pattern=r"[A-Za-z0-9]", strip_whitespace=True)]
"""Words looked for in texts, of which letters of the English alphabet and digits are read."""


class Model(BaseModel):
    """Base of every knowledge model."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint such as ` (nearest: potassium)`, or nothing when no known name is close."""
    close = get_close_matches(name, list(known), n=1)
    return f" (nearest: `{close[0]}`)" if close else ""
