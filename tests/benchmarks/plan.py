"""What all measurements share: how long they take, and where the bodies are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from tests.benchmarks.bodies import SIZES, Size, bodies, mixed_bodies
from tests.benchmarks.bodies_file import write_bodies

Charts = Literal["mixed", "silent", "firing"]

# Enough for no cache of answers to win, and few enough for the generator's memory.
COUNTS = {"small": 1000, "typical": 600, "large": 120, "huge": 12}


@dataclass(frozen=True, slots=True)
class Plan:
    """`rounds` of `seconds` each; `requests` in the measurement of memory; files go to `folder`."""

    rounds: int
    seconds: float
    requests: int
    folder: Path

    def bodies(self, size: str, charts: Charts = "mixed") -> Path:
        """A file with bodies of a size."""
        return self.bodies_of(SIZES[size], COUNTS[size], charts, name=size)

    def bodies_of(self, size: Size, count: int, charts: Charts = "mixed", *, name: str) -> Path:
        """A file with so many bodies; each is made anew, since charts are dated from now."""
        now = datetime.now(UTC)
        made = mixed_bodies(size, count, now) if charts == "mixed" else bodies(charts, size, count, now)
        return write_bodies(self.folder / f"{name}-{charts}.bodies", made)

    def place(self, name: str) -> Path:
        """A folder for a server."""
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True)
        return path
