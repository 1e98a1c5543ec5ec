"""YAML with a memory: plain values, and for each of them the line it stands on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import yaml

from app.errors import Problem

Location = tuple[str | int, ...]

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its name as users see it, its data, the line of every location, and what is wrong already."""

    file: str
    data: Any
    lines: dict[Location, int]
    problems: tuple[Problem, ...]

    def line_of(self, location: Iterable[str | int]) -> int:
        """The line of the deepest part of the location that exists in the file.

        A step may be the tag of a union, which is a key too: it is passed over when the step after it is its sibling.
        """
        here: Location = ()
        steps = list(location)
        for step, after in zip(steps, [*steps, None][1:], strict=True):
            is_tag = after is not None and (*here, after) in self.lines and (*here, step, after) not in self.lines
            if (*here, step) in self.lines and not is_tag:
                here = (*here, step)
        return self.lines.get(here, 1)

    def problem(self, location: Iterable[str | int], message: str) -> Problem:
        """A problem at that location."""
        return Problem(self.file, self.line_of(location), message)


def read_source(path: Path, name: str) -> Source:
    """Parse one YAML file. Duplicate keys, unquoted keys that are numbers, and syntax errors become problems."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return Source(name, None, {}, (Problem(name, _line_in(error), f"not readable as YAML: {_reason(error)}"),))
    reader = _Reader(name)
    data = reader.read(node, ()) if node is not None else None
    return Source(name, data, reader.lines, tuple(reader.problems))


def unreadable(name: str, error: OSError) -> Source:
    """Of a file that cannot even be read: why."""
    return Source(name, None, {}, (Problem(name, 1, f"this file was expected and cannot be read ({error.strerror})"),))


def _line_in(error: Exception) -> int:
    mark = getattr(error, "problem_mark", None)
    return mark.line + 1 if mark else 1


def _reason(error: Exception) -> str:
    return getattr(error, "problem", None) or str(error)


class _Reader:
    """Walks the node tree once."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Location, int] = {}
        self.problems: list[Problem] = []
        self._scalars = yaml.SafeLoader("")

    def read(self, node: yaml.Node, here: Location) -> Any:
        self.lines.setdefault(here, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, here)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*here, index)) for index, item in enumerate(node.value)]
        if node.tag == "tag:yaml.org,2002:timestamp":
            return node.value
        try:
            value = self._scalars.construct_object(node, deep=True)
        except yaml.YAMLError:
            self._refuse(node.start_mark.line + 1, f"a plain value was expected, not one tagged `{node.tag}`")
            return None
        if isinstance(value, float) and not isfinite(value):
            self._refuse(node.start_mark.line + 1, "a finite number was expected")
            return None
        return value

    def _mapping(self, node: yaml.MappingNode, here: Location) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = key_node.value
            if key_node.tag != "tag:yaml.org,2002:str":
                self._refuse(line, f'a name or code in quotes was expected, not {key}: write "{key}"')
            if key in data:
                self._refuse(line, f"`{key}` stands twice in this mapping")
            self.lines[(*here, key)] = line
            data[key] = self.read(value_node, (*here, key))
        return data

    def _refuse(self, line: int, message: str) -> None:
        self.problems.append(Problem(self.file, line, message))
