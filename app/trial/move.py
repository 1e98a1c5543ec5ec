"""Moves a chart to another server and another day: new ids, references that follow them, dates that come along."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from graphlib import CycleError, TopologicalSorter
from hashlib import sha256
from typing import Any

from app.trial.fixture import Fixture, Resource, UnusableFixture, name_of

# https://hl7.org/fhir/R4/datatypes.html#dateTime; a month or a year alone stays as exact as it was.
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(T\d\d:\d\d.*)?)?)?")
_PRECISION = {4: "%Y", 7: "%Y-%m", 10: "%Y-%m-%d"}
_DATED = re.compile(r"Date|Time|Period|^(issued|authoredOn|start|end|date|recorded|time)$")


def moved(fixture: Fixture, today: date) -> list[Resource]:
    """The chart as if its day were today, under ids of its own, each resource after those that it refers to.

    The Patient's id is the fixture's name, the others begin with it: the same fixture always gets the same ids.
    """
    names = {name_of(resource): _new_name(resource, fixture) for resource in fixture.resources}
    by_name = {names[name_of(resource)]: resource for resource in fixture.resources}
    days = today - fixture.day
    made = {name: _move(resource, names, days) | {"id": name.split("/")[1]} for name, resource in by_name.items()}
    graph = {name: references_of(resource) & made.keys() for name, resource in made.items()}
    try:
        return [made[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        raise UnusableFixture(f"{fixture.name}: resources refer to each other in a circle: {error.args[1]}") from error


def references_of(value: Any) -> set[str]:
    """All literal references within."""
    if isinstance(value, list):
        return set().union(*map(references_of, value))
    if not isinstance(value, dict):
        return set()
    own = {value["reference"]} if isinstance(value.get("reference"), str) else set()
    return own.union(*map(references_of, value.values()))


def _new_name(resource: Resource, fixture: Fixture) -> str:
    name = name_of(resource)
    if name == fixture.patient:
        return f"Patient/{fixture.name}"
    return f"{resource['resourceType']}/{fixture.name}-{sha256(name.encode()).hexdigest()[:12]}"


def _move(value: Any, names: Mapping[str, str], days: timedelta, *, dated: bool = False) -> Any:
    if isinstance(value, list):
        return [_move(one, names, days, dated=dated) for one in value]
    if isinstance(value, dict):
        fields = _follow(value, names) if isinstance(value.get("reference"), str) else value
        return {key: _move(one, names, days, dated=bool(_DATED.search(key))) for key, one in fields.items()}
    return _shift(value, days) if dated and isinstance(value, str) else value


def _follow(reference: Resource, names: Mapping[str, str]) -> Resource:
    """To the new id or, where the chart does not hold the target, as an identifier: servers refuse dead ends."""
    target = reference["reference"]
    relative = "/".join(target.split("/")[-2:])
    if target.startswith("#"):
        return reference
    if relative in names:
        return reference | {"reference": names[relative]}
    return {"identifier": {"value": target}} | {key: value for key, value in reference.items() if key != "reference"}


def _shift(text: str, days: timedelta) -> str:
    match = _DATE.fullmatch(text)
    if match is None:
        return text
    year, month, day, time = match.groups()
    # The middle of a month or year, so that the shift of a few days does not carry it over.
    moment = date(int(year), int(month or 7), int(day or 15)) + days
    precision = _PRECISION[len(text.removesuffix(time or ""))]
    return moment.strftime(precision) + (time or "")
