"""The patients of fixtures/, as calls and as the resources that a FHIR server would hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import Raw

from app.fhir.query import QueryContext
from app.hooks.request import AsItCame
from tests.support.charts import Json

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


@dataclass(frozen=True)
class FixturePatient:
    """One folder of fixtures/."""

    folder: Path

    @property
    def request(self) -> AsItCame:
        """The call, as the EHR makes it."""
        return msgspec.json.decode((self.folder / "request.json").read_bytes(), type=AsItCame)

    @property
    def prefetch(self) -> dict[str, Raw]:
        """What the EHR sent along."""
        return self.request.prefetch or {}

    @property
    def context(self) -> QueryContext:
        """Whom the call is about."""
        context = self.request.context
        return QueryContext(context.patient_id, context.user_id, context.encounter_id)

    @property
    def resources(self) -> list[Json]:
        """Everything in the prefetch that has an id, each once."""
        found = {(one["resourceType"], one["id"]): one for one in self._all() if "id" in one}
        return list(found.values())

    def _all(self) -> Iterator[Json]:
        for value in (msgspec.json.decode(raw) or {} for raw in self.prefetch.values()):
            if value.get("resourceType") == "Bundle":
                yield from (entry["resource"] for entry in value.get("entry", ()) if "resource" in entry)
            elif value:
                yield value


PATIENTS = [FixturePatient(folder) for folder in sorted(FIXTURES.glob("*/*")) if folder.is_dir()]
