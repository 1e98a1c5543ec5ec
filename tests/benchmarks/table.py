"""Results as tables: for people in Markdown, for machines in JSON."""

from __future__ import annotations

from statistics import median

from msgspec import Struct

Value = str | int | float


class Table(Struct, frozen=True):
    """What was measured; `told` says how, for who reads the numbers alone."""

    title: str
    told: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    def markdown(self) -> str:
        """The table under its title."""
        lines = [self.columns, tuple("---" for _ in self.columns), *self.rows]
        written = "\n".join(f"| {' | '.join(map(_written, line))} |" for line in lines)
        return f"## {self.title}\n\n{self.told}\n\n{written}\n"


def spread(values: list[float]) -> str:
    """The median, and between which values all are."""
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def _written(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)
