"""Real charts to start from: the fixtures, and the charts by others where they stand beside this checkout."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.charts import Json, bundle
from tests.support.fixture_patients import FIXTURES
from tests.support.hooks import INSTANCE, KEYS

SHARED = FIXTURES.parent.parent / "shared" / "data"
_LARGEST_BYTES = 300_000  # a larger chart would take the time of a hundred small ones
_TYPES = {
    "patient": ("Patient",),
    "conditions": ("Condition",),
    "labs": ("Observation",),
    "medications": ("MedicationRequest", "Medication"),
    "orders": ("ServiceRequest",),
    "procedures": ("Procedure",),
    "stays": ("Encounter",),
    "reports": ("DiagnosticReport",),
}


@cache
def fixtures() -> tuple[bytes, ...]:
    """The calls of fixtures/."""
    return tuple(path.read_bytes() for path in sorted(FIXTURES.glob("*/*/request.json")))


@cache
def seeds() -> tuple[bytes, ...]:
    """All calls, those made of the shared charts among them; without the shared charts, those of the fixtures."""
    whole = (_call(_read(path)["entry"]) for path in _small(SHARED / "whole", "*.json"))
    vendor = (_call(_entries(_read(path))) for path in _small(SHARED / "vendor", "*.json"))
    awkward = (
        _call([{"resource": json.loads(line)} for line in path.read_text(encoding="utf-8").splitlines()[:50]])
        for path in _small(SHARED / "awkward", "*.ndjson")
    )
    return (*fixtures(), *whole, *vendor, *awkward)


def _small(folder: Path, pattern: str) -> list[Path]:
    return [path for path in sorted(folder.glob(pattern)) if path.stat().st_size <= _LARGEST_BYTES]


def _read(path: Path) -> Any:
    return json.loads(path.read_bytes())


def _entries(value: Json) -> list[Json]:
    entries: list[Json] = value.get("entry", []) if value.get("resourceType") == "Bundle" else [{"resource": value}]
    return entries


def _call(entries: list[Json]) -> bytes:
    """A call about the patient of these entries, each under the key that asks for its type."""
    resources = [entry["resource"] for entry in entries if "resource" in entry]
    own = [str(one["id"]) for one in resources if one.get("resourceType") == "Patient" and "id" in one]
    name = (own + re.findall(r'"Patient/([^"/]+)"', json.dumps(resources)) + ["nobody"])[0]
    prefetch: Json = dict.fromkeys(KEYS)
    for key, types in _TYPES.items():
        found = [one for one in resources if one.get("resourceType") in types]
        prefetch[key] = bundle(found) if key != "patient" else next(iter(found), None)
    context = {"userId": "Practitioner/u1", "patientId": name}
    call = {"hook": "patient-view", "hookInstance": INSTANCE, "context": context, "prefetch": prefetch}
    return json.dumps(call).encode()
