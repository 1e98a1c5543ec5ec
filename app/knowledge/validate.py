"""Plain data to typed knowledge, with every problem put in words and in its place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec
from pydantic import BaseModel, TypeAdapter, ValidationError

from app.errors import Problem
from app.knowledge.base import Model, nearest
from app.knowledge.source import Source

T = TypeVar("T")


def validate(source: Source, kind: type[T]) -> tuple[T | None, list[Problem]]:
    """The value, or None with what is wrong with it."""
    if source.problems:
        return None, list(source.problems)
    try:
        # Through JSON, because a strict model takes a list for a tuple only from there.
        return TypeAdapter(kind).validate_json(msgspec.json.encode(source.data), strict=True), []
    except ValidationError as error:
        return None, [_explain(source, detail) for detail in error.errors()]


def _explain(source: Source, detail: Any) -> Problem:
    where = [step for step in detail["loc"] if step != "[key]"]
    message = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        message = f"`{where[-1]}` is not a key that is known here{_meant(str(where[-1]))}"
    elif detail["type"] == "missing":
        message = f"`{where[-1]}` is missing"
    elif isinstance(detail["input"], (str, int, float, bool)):
        message = f"{message}; found `{detail['input']}`"
    return source.problem(where, message)


def _meant(name: str) -> str:
    """The nearest name; none for one that only stands in the wrong place."""
    known = set(_known_keys(Model))
    return "" if name in known else nearest(name, sorted(known))


def _known_keys(root: type[BaseModel]) -> Iterable[str]:
    for kind in root.__subclasses__():
        yield from kind.model_fields
        yield from _known_keys(kind)
