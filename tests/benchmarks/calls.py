"""What generators send."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct


class Calls(Struct, frozen=True):
    """Bodies to send in turn (bodies_file.py), and tokens, one a line; each of them is good for one call."""

    path: str
    bodies: str
    tokens: str | None = None


def calls(path: str, bodies: Path, tokens: Path | None = None) -> Calls:
    """Calls of a path."""
    return Calls(path, str(bodies), str(tokens) if tokens else None)
