"""Real resources, damaged in every part: what a broken server, a broken interface or a hand may make of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from tests.support.charts import Json

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "patients"
Place = tuple[str | int, ...]
"""The names and numbers that lead to a part of a resource."""
_ABSENT = object()


def damaged(resource: Json) -> Iterator[bytes]:
    """The resource, each time with one of its parts damaged in one way; its type stays."""
    for place, value in _places(resource):
        if place != ("resourceType",):
            for other in _damages(value):
                yield json.dumps(_without_absent(put(resource, place, other))).encode()


def put(resource: Any, place: Place, value: object) -> Any:
    """The resource with another value in that place, or in place of what should have it."""
    changed = inner = deepcopy(resource)
    *above, last = place
    for part in above:
        if not isinstance(inner[part], dict | list):
            last = part
            break
        inner = inner[part]
    inner[last] = value
    return changed


def varied_resources() -> list[Json]:
    """Few resources of the fixture patients, which together have every element that any of them has."""
    seen: set[tuple[str, ...]] = set()
    chosen = []
    for resource in sorted(_fixture_resources(), key=lambda one: (-len(json.dumps(one)), json.dumps(one))):
        elements = _elements(resource)
        if not elements <= seen:
            seen |= elements
            chosen.append(resource)
    return chosen


def _elements(resource: Json) -> set[tuple[str, ...]]:
    kind = resource["resourceType"]
    return {(kind, *(part for part in place if isinstance(part, str))) for place, _ in _places(resource)}


def _fixture_resources() -> Iterator[Json]:
    for file in sorted(FIXTURES.glob("*/request.json")):
        for value in json.loads(file.read_text(encoding="utf-8")).get("prefetch", {}).values():
            if value and value["resourceType"] == "Bundle":
                yield from (entry["resource"] for entry in value.get("entry", ()))
            elif value:
                yield value


def _places(value: object, above: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every part of a resource, with what is there."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inside:
        yield (*above, name), part
        yield from _places(part, (*above, name))


def _damages(value: Any) -> Iterator[object]:
    """What may stand there instead."""
    yield from (_ABSENT, None, "", "x", "2026-02-30", 5, 1.5, True, [], {}, [value], [None], json.dumps(value))
    if isinstance(value, dict):
        yield {**value, "vendorFlag": 1}
    if isinstance(value, list):
        yield value[0]
    if isinstance(value, str):
        yield from (f" {value} ", value.upper(), value[:10], value[:19], value * 70)


def _without_absent(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_absent(part) for name, part in value.items() if part is not _ABSENT}
    return [_without_absent(part) for part in value if part is not _ABSENT] if isinstance(value, list) else value
