"""Facts that are read when they are first asked for: most charts record no weakness, and nothing asks for the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar

F = TypeVar("F")


class Later(Mapping[str, tuple[F, ...]]):
    """Facts by name, all read together the first time that any is asked for."""

    def __init__(self, read: Callable[[], Mapping[str, tuple[F, ...]]]) -> None:
        self._read = read

    @cached_property
    def _known(self) -> Mapping[str, tuple[F, ...]]:
        return self._read()

    def __getitem__(self, name: str) -> tuple[F, ...]:
        return self._known[name]

    def get(self, name: str, default: Any = None) -> Any:
        """As of any mapping."""
        return self._known.get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def __repr__(self) -> str:
        return repr(dict(self))
