"""A case's facts to the prefetch that a client would send."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Raw

from app.cases.facts import (
    AnyFact,
    FindingCase,
    LabCase,
    MedicationCase,
    OrderCase,
    PatientCase,
    ProcedureCase,
    ReportCase,
    StayCase,
    TextCase,
)
from app.cases.schema import Case
from app.cases.times import CaseTime
from app.facts.moment import parse_moment
from app.fhir.templates import TEMPLATES
from app.knowledge.systems import ICD10CM, LOINC, RXNORM, SNOMED, UCUM
from app.knowledge.vocabulary import FindingEntry, Vocabulary
from app.rendering.orders import coding_of

PATIENT_ID = "case"
_KEYS = {
    "Condition": "conditions",
    "MedicationRequest": "medications",
    "ServiceRequest": "orders",
    "Procedure": "procedures",
    "DiagnosticReport": "reports",
    "Encounter": "stays",
}
Json = dict[str, Any]


def build_prefetch(case: Case, now: datetime, vocabulary: Vocabulary) -> dict[str, Raw]:
    """Each prefetch key with its Bundle; keys that the case calls unavailable are absent."""
    builder = _Builder(now, vocabulary)
    by_key: dict[str, list[Json]] = defaultdict(list)
    for index, fact in enumerate(case.chart):
        resource = builder.resource(fact) | {
            "id": f"fact-{index + 1}",
            "subject": {"reference": f"Patient/{PATIENT_ID}"},
        }
        by_key[_key(resource)].append(_without_none(resource))
    values: dict[str, Json] = {template.key: _bundle(by_key[template.key]) for template in TEMPLATES}
    values["patient"] = _without_none(builder.patient(case.patient))
    kept = {key: value for key, value in values.items() if key not in case.unavailable}
    return {key: Raw(msgspec.json.encode(value)) for key, value in kept.items()}


def _key(resource: Json) -> str:
    if resource["resourceType"] == "Observation":
        return "labs" if resource["category"][0]["coding"][0]["code"] == "laboratory" else "findings"
    return _KEYS[resource["resourceType"]]


def _bundle(resources: list[Json]) -> Json:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one} for one in resources]}


def _without_none(resource: Json) -> Json:
    return {key: value for key, value in resource.items() if value is not None}


class _Builder:
    """Turns facts into resources, at one time, in one vocabulary."""

    def __init__(self, now: datetime, vocabulary: Vocabulary) -> None:
        self.now = now
        self.vocabulary = vocabulary

    def patient(self, case: PatientCase) -> Json:
        born = None if case.age is None else self.now.replace(year=self.now.year - case.age, day=1).date().isoformat()
        return {
            "resourceType": "Patient",
            "id": PATIENT_ID,
            "birthDate": born,
            "gender": case.sex,
            "deceasedBoolean": case.deceased,
        }

    def resource(self, fact: AnyFact) -> Json:  # noqa: PLR0911 (one branch a kind of fact)
        match fact:
            case FindingCase(shape="observation"):
                return self._answered(fact)
            case FindingCase():
                return self._condition(fact, _finding_concept(self.vocabulary.findings[fact.finding], fact))
            case TextCase():
                return self._condition(fact, {"text": fact.text})
            case LabCase():
                return self._lab(fact)
            case MedicationCase():
                return self._medication(fact)
            case StayCase():
                return self._stay(fact)
            case OrderCase() | ReportCase() | ProcedureCase():
                return self._study(fact)

    def _condition(self, fact: FindingCase | TextCase, concept: Json) -> Json:
        system = "http://terminology.hl7.org/CodeSystem/condition-"
        status = {"coding": [{"system": f"{system}clinical", "code": fact.clinical}]}
        return {
            "resourceType": "Condition",
            "clinicalStatus": None if fact.clinical == "none" else status,
            "verificationStatus": {"coding": [{"system": f"{system}ver-status", "code": fact.verification}]},
            "category": [{"coding": [{"system": f"{system}category", "code": fact.category}]}],
            "code": concept,
            "onsetDateTime": self._time(fact.onset),
            "recordedDate": self._time(fact.recorded),
        }

    def _answered(self, fact: FindingCase) -> Json:
        return {
            "resourceType": "Observation",
            "status": "final",
            "category": [{"coding": [{"code": "exam"}]}],
            "code": _finding_concept(self.vocabulary.findings[fact.finding], fact),
            "valueString": fact.value,
            "effectiveDateTime": self._time(fact.onset or fact.recorded),
        }

    def _lab(self, fact: LabCase) -> Json:
        entry = self.vocabulary.labs[fact.lab]
        unit = None if fact.unit is None else {"unit": fact.unit, "code": fact.unit, "system": UCUM}
        quantity = {"value": fact.value, "comparator": fact.comparator, **(unit or {})}
        limits = {"low": fact.low, "high": fact.high}
        range_ = {name: {"value": limit, **(unit or {})} for name, limit in limits.items() if limit is not None}
        return {
            "resourceType": "Observation",
            "status": fact.status,
            "category": [{"coding": [{"code": "laboratory"}]}],
            "code": {"coding": [{"system": LOINC, "code": fact.code or next(iter(entry.loinc))}]},
            "valueQuantity": _without_none(quantity),
            "effectiveDateTime": self._time(fact.when),
            "note": None if fact.note is None else [{"text": fact.note}],
            "referenceRange": [range_] if range_ else None,
        }

    def _medication(self, fact: MedicationCase) -> Json:
        drugs = self.vocabulary.medications[fact.medication].ingredients
        name = fact.ingredient or next(iter(drugs))
        coded = {"coding": [{"system": RXNORM, "code": drugs[name].rxnorm, "display": name}]} if name in drugs else {}
        return {
            "resourceType": "MedicationRequest",
            "status": fact.status,
            "intent": "order",
            "medicationCodeableConcept": {"text": fact.text} if fact.text else coded,
            "authoredOn": self._time(fact.authored),
        }

    def _stay(self, fact: StayCase) -> Json:
        end = self._time(fact.ended)
        ended = parse_moment(end)
        admitted = (ended.latest if ended else self.now) - fact.stay.time
        return {
            "resourceType": "Encounter",
            "status": "finished" if ended else "in-progress",
            "class": {"code": "IMP"},
            "period": _without_none({"start": admitted.isoformat(), "end": end}),
        }

    def _study(self, fact: OrderCase | ReportCase | ProcedureCase) -> Json:
        match fact:
            case OrderCase():
                kind, name, date = "ServiceRequest", fact.order, "authoredOn"
            case ReportCase():
                kind, name, date = "DiagnosticReport", fact.report, "effectiveDateTime"
            case ProcedureCase():
                kind, name, date = "Procedure", fact.procedure, "performedDateTime"
        coding = coding_of(name, self.vocabulary.orders[name], self.vocabulary)
        resource = {
            "resourceType": kind,
            "status": fact.status,
            "code": {"coding": [coding]},
            date: self._time(fact.when),
        }
        return resource | ({"priority": fact.priority, "intent": "order"} if isinstance(fact, OrderCase) else {})

    def _time(self, time: CaseTime | None) -> str | None:
        return None if time is None else time.written(self.now)


def _finding_concept(entry: FindingEntry, fact: FindingCase) -> Json:
    if fact.text:
        return {"text": fact.text}
    codes = dict.fromkeys(entry.snomed, SNOMED)
    codes |= dict.fromkeys((*entry.icd10cm, *entry.icd10cm_under), ICD10CM)
    if not codes:
        return {"text": entry.phrases[0]}
    code = fact.code or next(iter(codes))
    display = (entry.snomed | entry.icd10cm | entry.icd10cm_under).get(code)
    return {"coding": [_without_none({"system": codes.get(code, ICD10CM), "code": code, "display": display})]}
