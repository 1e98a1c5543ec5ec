"""A fixture patient, read from its folder (fixtures/README.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from app.errors import LegworkError

Resource = dict[str, Any]

# A server gets the name as the id of the Patient: https://hl7.org/fhir/R4/datatypes.html#id
_NAME = re.compile(r"[A-Za-z0-9.-]{1,48}")
_MESSAGE = "OperationOutcome"


class UnusableFixture(LegworkError):
    """A folder that does not hold a fixture patient."""


@dataclass(frozen=True, slots=True)
class Fixture:
    """`day` is the day at which the patient lives; `notes` say what a server cannot show of this chart."""

    name: str
    day: date
    patient: str
    resources: tuple[Resource, ...]
    notes: tuple[str, ...]


def read_fixtures(folder: Path, keys: Sequence[str]) -> Iterator[Fixture]:
    """The fixtures below a folder, by name; `keys` are those of the prefetch. Raises UnusableFixture."""
    files = sorted(folder.glob("*/request.json"))
    if not files:
        raise UnusableFixture(f"{folder}: folders with a request.json were expected, and there is none")
    return (read_fixture(file.parent, keys) for file in files)


def read_fixture(folder: Path, keys: Sequence[str]) -> Fixture:
    """The fixture of one folder; raises UnusableFixture, with the file that is wrong."""
    if not _NAME.fullmatch(folder.name):
        raise UnusableFixture(f"{folder}: a name of at most 48 letters, digits, `-` and `.` was expected")
    request, expected = _read(folder / "request.json"), _read(folder / "expected.json")
    try:
        patient = f"Patient/{request['context']['patientId']}"
        day = datetime.fromisoformat(expected["now"]).date()
        prefetch = request.get("prefetch") or {}
        resources, notes = _resources(prefetch)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnusableFixture(f"{folder}: a hook request and its `now` were expected: {error!r}") from error
    return Fixture(folder.name, day, patient, resources, (*_missing(prefetch, keys), *notes))


def _read(file: Path) -> Resource:
    try:
        value: Resource = json.loads(file.read_bytes())
    except OSError as error:
        raise UnusableFixture(f"{file}: {error.strerror}") from error
    except ValueError as error:
        raise UnusableFixture(f"{file}: a JSON object was expected: {error}") from error
    return value


def _resources(prefetch: dict[str, Resource | None]) -> tuple[tuple[Resource, ...], list[str]]:
    """Each resource once, and what was found twice, differently."""
    found: dict[str, Resource] = {}
    notes = []
    for key, value in prefetch.items():
        for resource in _of(value):
            name = name_of(resource)
            if found.setdefault(name, resource) != resource:
                notes.append(f"{name} stands twice in the chart; the one of `{key}` is left out")
    return tuple(found.values()), notes


def _of(value: Resource | None) -> list[Resource]:
    """What a prefetch key holds; the messages of a server are no part of the chart."""
    if value is None:
        return []
    held = [entry["resource"] for entry in value.get("entry", [])] if value["resourceType"] == "Bundle" else [value]
    return [resource for resource in held if resource["resourceType"] != _MESSAGE]


def name_of(resource: Resource) -> str:
    """`Type/id`, as references have it."""
    return f"{resource['resourceType']}/{resource['id']}"


def _missing(prefetch: dict[str, Resource | None], keys: Sequence[str]) -> Iterator[str]:
    """A server answers each query, so a chart of which a part could not be had is a different chart there."""
    for key in keys:
        if key not in prefetch:
            yield f"`{key}` was not sent; the server will say that there is nothing"
        elif (prefetch[key] or {}).get("resourceType") == _MESSAGE:
            yield f"`{key}` could not be had; the server will say that there is nothing"
