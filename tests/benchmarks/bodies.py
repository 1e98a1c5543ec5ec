"""Hook requests of realistic size and content, as many as are asked for, no two alike.

`silent` charts record no weakness, so no card can fire; `firing` charts do, each with one of the stories below. Every
date is relative to a given time, so that a chart is as old for a running service as for a test with a fixed clock.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal
from uuid import UUID

from tests.benchmarks.contents import DRUGS, FINDINGS, LABS, PROBLEMS, STORIES, Drug, Lab, Problem, Question

Json = dict[str, Any]
Kind = Literal["silent", "firing"]

_SERVER = "https://fhir.hospital.example/r4"
_KEYS = (
    "patient",
    "conditions",
    "labs",
    "findings",
    "scores",
    "medications",
    "orders",
    "procedures",
    "stays",
    "reports",
)


@dataclass(frozen=True, slots=True)
class Size:
    """How many resources of each kind a chart has beside its Patient."""

    conditions: int
    observations: int
    medication_requests: int


SIZES: Mapping[str, Size] = {
    "small": Size(4, 8, 3),  # about 11 kB
    "typical": Size(20, 60, 15),  # about 65 kB
    "large": Size(20, 1_000, 15),  # about 765 kB
    "huge": Size(20, 10_000, 15),  # 7.5 MB
}


def bodies(kind: Kind, size: Size, count: int, now: datetime, seed: int = 1) -> Iterator[bytes]:
    """So many request bodies; the same arguments make the same bodies."""
    for number in range(count):
        # A seed of a string is hashed the same in every process, unlike that of a tuple.
        dice = Random(f"{seed}/{kind}/{size}/{number}")  # noqa: S311 (makes test data, no secrets)
        yield json.dumps(_request(kind, size, now, dice), separators=(",", ":")).encode()


def mixed_bodies(size: Size, count: int, now: datetime, firing: float = 0.1, seed: int = 1) -> list[bytes]:
    """Bodies of both kinds in a fixed, shuffled order; `firing` is the share of charts that fire cards."""
    fires = round(count * firing)
    made = [*bodies("firing", size, fires, now, seed), *bodies("silent", size, count - fires, now, seed)]
    Random(seed).shuffle(made)  # noqa: S311 (orders test data)
    return made


def _request(kind: Kind, size: Size, now: datetime, dice: Random) -> Json:
    chart = _Chart(kind, now, dice)
    prefetch: Json = {key: _bundle([]) for key in _KEYS}
    findings = min(len(FINDINGS), size.observations // 15)
    prefetch |= {
        "patient": chart.person(),
        "conditions": _bundle(chart.conditions(size.conditions)),
        "labs": _bundle(chart.labs(size.observations - findings)),
        "findings": _bundle(chart.findings(findings)),
        "medications": _bundle(chart.prescriptions(size.medication_requests)),
    }
    return {
        "hook": "patient-view",
        "hookInstance": str(UUID(int=dice.getrandbits(128), version=4)),
        "fhirServer": _SERVER,
        "context": {"userId": "Practitioner/u-204", "patientId": chart.patient_id, "encounterId": chart.encounter_id},
        "prefetch": prefetch,
    }


def _bundle(resources: list[Json]) -> Json:
    entries = [{"fullUrl": f"{_SERVER}/{one['resourceType']}/{one['id']}", "resource": one} for one in resources]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}


class _Chart:
    """One patient, made up as the dice fall."""

    def __init__(self, kind: Kind, now: datetime, dice: Random) -> None:
        self._now = now
        self._dice = dice
        self._story = dice.choice(STORIES) if kind == "firing" else None
        self.patient_id = self._id("p")
        self.encounter_id = self._id("e")

    def person(self) -> Json:
        gender = self._dice.choice(("female", "male"))
        return {
            "resourceType": "Patient",
            "id": self.patient_id,
            "meta": self._meta(),
            "active": True,
            "identifier": [{"system": "urn:oid:1.2.36.146.595.217.0.1", "value": self._id("")}],
            "name": [{"use": "official", "family": self._id("Family "), "given": ["Ada"]}],
            "gender": gender,
            "birthDate": f"{self._now.year - self._dice.randint(40, 90)}-03-14",
        }

    def conditions(self, count: int) -> list[Json]:
        """The story's own problems, then others."""
        told = [self._condition(one, onset) for one, onset in self._story.problems] if self._story else []
        others = [self._condition(self._dice.choice(PROBLEMS), self._days(400, 4000)) for _ in range(count - len(told))]
        return [*told, *others]

    def labs(self, count: int) -> list[Json]:
        """Panels drawn again and again, newest first; the story's own results are of this morning."""
        told = [self._result(lab, value, 0.2) for lab, value in self._story.results] if self._story else []
        drawn = sorted(self._days(1, 900) for _ in range(1 + count // len(LABS)))
        usual = [self._result(lab, self._value(lab), age) for age in drawn for lab in LABS]
        return [*told, *usual][:count]

    def findings(self, count: int) -> list[Json]:
        return [self._answer(one) for one in FINDINGS[:count]]

    def prescriptions(self, count: int) -> list[Json]:
        told = [self._prescription(one) for one in self._story.drugs] if self._story else []
        return [*told, *(self._prescription(self._dice.choice(DRUGS)) for _ in range(count - len(told)))]

    def _condition(self, problem: Problem, days: float) -> Json:
        return {
            "resourceType": "Condition",
            "id": self._id("c"),
            "clinicalStatus": _coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
            "verificationStatus": _coded("http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed"),
            "code": _coded(problem.system, problem.code, problem.display),
            "subject": self._subject(),
            "onsetDateTime": self._day(days),
        }

    def _observation(self, category: str, code: Json, days: float) -> Json:
        return {
            "resourceType": "Observation",
            "id": self._id("o"),
            "meta": self._meta(),
            "status": "final",
            "category": [_coded("http://terminology.hl7.org/CodeSystem/observation-category", category)],
            "code": code,
            "subject": self._subject(),
            "effectiveDateTime": self._instant(days),
        }

    def _result(self, lab: Lab, value: float, days: float) -> Json:
        unit = {"unit": lab.unit, "system": "http://unitsofmeasure.org", "code": lab.unit}
        code = _coded("http://loinc.org", lab.code, lab.display)
        return self._observation("laboratory", code, days) | {
            "valueQuantity": {"value": value, **unit},
            "referenceRange": [{"low": {"value": lab.low, "unit": lab.unit}, "high": {"value": lab.high}}],
        }

    def _answer(self, question: Question) -> Json:
        code = _coded(question.system, question.code, question.display)
        answer = _coded("http://snomed.info/sct", *self._dice.choice(question.answers))
        return self._observation("survey", code, self._days(1, 300)) | {"valueCodeableConcept": answer}

    def _prescription(self, drug: Drug) -> Json:
        return {
            "resourceType": "MedicationRequest",
            "id": self._id("m"),
            "status": self._dice.choice(("active", "active", "completed", "stopped")),
            "intent": "order",
            "medicationCodeableConcept": _coded("http://www.nlm.nih.gov/research/umls/rxnorm", drug.code, drug.display),
            "subject": self._subject(),
            "authoredOn": self._instant(self._days(5, 700)),
            "dosageInstruction": [{"route": {"text": "Oral"}}],
        }

    def _value(self, lab: Lab) -> float:
        """Mostly within the laboratory's range."""
        middle, width = (lab.low + lab.high) / 2, lab.high - lab.low
        return round(max(lab.low / 2, self._dice.gauss(middle, width / 4)), 2)

    def _days(self, least: float, most: float) -> float:
        return self._dice.uniform(least, most)

    def _instant(self, days: float) -> str:
        return (self._now - timedelta(days=days)).isoformat(timespec="seconds")

    def _day(self, days: float) -> str:
        return (self._now - timedelta(days=days)).date().isoformat()

    def _subject(self) -> Json:
        return {"reference": f"Patient/{self.patient_id}"}

    def _meta(self) -> Json:
        return {"versionId": "1", "lastUpdated": self._instant(0.5)}

    def _id(self, prefix: str) -> str:
        return f"{prefix}{self._dice.getrandbits(64):016x}"


def _coded(system: str, code: str, display: str | None = None) -> Json:
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]}
