"""Bodies in a file, as the generators and the FHIR server read them: each after a line with its length."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def write_bodies(path: Path, bodies: Iterable[bytes]) -> Path:
    """Write them; returns the path."""
    with path.open("wb") as file:
        for body in bodies:
            file.write(b"%d\n" % len(body) + body)
    return path


def read_bodies(path: Path) -> list[bytes]:
    """What was written."""
    found = []
    with path.open("rb") as file:
        while length := file.readline():
            found.append(file.read(int(length)))
    return found
