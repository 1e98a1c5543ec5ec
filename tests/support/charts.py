"""FHIR resources as a client would send them, and what is read from them. Every test has the same time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from app.chart.chart import Chart, build_chart
from app.chart.decode import decode_page
from app.facts.context import Lexicon, Reading, build_lexicon
from app.facts.model import PatientFacts
from app.facts.read import read_facts
from app.knowledge.knowledge import Knowledge, load_knowledge
from app.pipeline import Evaluation, evaluate
from app.rendering.context import Subject

Json = dict[str, Any]

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
CARDS = Path(__file__).resolve().parents[2] / "cards"
PATIENT_ID = "p1"
PATIENT = f"Patient/{PATIENT_ID}"
ANSWER = UUID("11111111-2222-4333-8444-555555555555")

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"
FOOT_DROP = "6077001"
POTASSIUM = "2823-3"


@cache
def knowledge() -> Knowledge:
    """The knowledge of the repository; tests of the engine take its vocabulary and rules, and bring their own cards."""
    return load_knowledge(CARDS)


@cache
def lexicon() -> Lexicon:
    """The knowledge, compiled."""
    return build_lexicon(knowledge())


def reading(now: datetime = NOW) -> Reading:
    """A reading at the time of the tests."""
    return Reading(lexicon(), now)


def days_ago(days: float) -> str:
    """An instant so long before NOW."""
    return (NOW - timedelta(days=days)).isoformat()


def concept(text: str | None = None, *codings: tuple[str, str]) -> Json:
    """A CodeableConcept from (system, code) pairs."""
    made: Json = {"coding": [{"system": system, "code": code} for system, code in codings]} if codings else {}
    return made | ({"text": text} if text else {})


def patient(**elements: Any) -> Json:
    """A woman of 66, unless told otherwise."""
    return {"resourceType": "Patient", "id": PATIENT_ID, "birthDate": "1960-03-01", "gender": "female", **elements}


def condition(name: str, code: Json, **elements: Any) -> Json:
    """An active Condition; an element given as None is left out."""
    resource = {
        "resourceType": "Condition",
        "id": name,
        "subject": {"reference": PATIENT},
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": code,
        **elements,
    }
    return {key: value for key, value in resource.items() if value is not None}


def foot_drop(name: str = "weakness", **elements: Any) -> Json:
    """The specific trigger that most tests use; its onset is three days ago."""
    return condition(name, concept("Foot drop", (SNOMED, FOOT_DROP)), **{"onsetDateTime": days_ago(3), **elements})


def observation(name: str, code: Json, **elements: Any) -> Json:
    """A final Observation of yesterday; an element given as None is left out."""
    resource = {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "subject": {"reference": PATIENT},
        "effectiveDateTime": days_ago(1),
        "code": code,
        **elements,
    }
    return {key: value for key, value in resource.items() if value is not None}


def potassium(value: float, name: str = "k", unit: str | None = "mmol/L", **elements: Any) -> Json:
    """A potassium result."""
    quantity: Json = {"value": value} | ({"unit": unit, "system": UCUM, "code": unit} if unit else {})
    return observation(name, concept(None, (LOINC, POTASSIUM)), **{"valueQuantity": quantity, **elements})


def prescription(name: str, code: Json | None, **elements: Any) -> Json:
    """An active MedicationRequest."""
    resource = {
        "resourceType": "MedicationRequest",
        "id": name,
        "status": "active",
        "intent": "order",
        "subject": {"reference": PATIENT},
        "medicationCodeableConcept": code,
        **elements,
    }
    return {key: value for key, value in resource.items() if value is not None}


def resource(kind: str, name: str, code: Json, **elements: Any) -> Json:
    """Any other resource about the patient."""
    return {"resourceType": kind, "id": name, "subject": {"reference": PATIENT}, "code": code, **elements}


def bundle(resources: Iterable[Json], **elements: Any) -> Json:
    """A searchset."""
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one} for one in resources]} | elements


def chart_of(resources: Sequence[Json], **elements: Any) -> Chart:
    """A chart from resources; a Patient is added unless one is among them."""
    own = resources if any(one["resourceType"] == "Patient" for one in resources) else (patient(), *resources)
    page = decode_page(json.dumps(bundle(own)).encode())
    return build_chart(page.entries, frozenset({PATIENT}), left_out=page.left_out, **elements)


def facts_of(*resources: Json, now: datetime = NOW, **elements: Any) -> PatientFacts:
    """The facts of a chart made of these resources."""
    return read_facts(chart_of(resources, **elements), lexicon(), now)


def evaluated(chart: Chart, known: Knowledge, encounter: str | None = None) -> Evaluation:
    """The whole story for a chart, with other cards than those of the repository."""
    return evaluate(chart, build_lexicon(known), Subject(PATIENT, encounter), NOW, ANSWER)
