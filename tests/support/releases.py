"""The same chart in the shapes of STU3, R4 and R5, each resource checked by the models of its release."""

from __future__ import annotations

import fhir.resources
import fhir.resources.R4B
import fhir.resources.STU3

from tests.support.charts import LOINC, PATIENT, RXNORM, SNOMED, UCUM, Json, concept, days_ago

MODELS = {"STU3": fhir.resources.STU3, "R4": fhir.resources.R4B, "R5": fhir.resources}
SUBJECT = {"reference": PATIENT}
FOOT_DROP = concept("Foot drop", (SNOMED, "6077001"))
MRI = concept("MRI lumbar spine", (LOINC, "30679-5"))
DIGOXIN = concept("digoxin", (RXNORM, "3407"))
POTASSIUM = concept("Potassium", (LOINC, "2823-3"))
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
PERIOD = {"start": days_ago(20), "end": days_ago(6)}


def valid(release: str, resource: Json) -> Json:
    """The resource, which must be FHIR of that release; the models refuse elements that the release does not have."""
    MODELS[release].get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    return resource


def condition(release: str, clinical: str = "active", verification: str = "confirmed", **elements: object) -> Json:
    """Foot drop, recorded nine days ago."""
    statuses: Json = {"clinicalStatus": clinical, "verificationStatus": verification}
    if release != "STU3":
        statuses = {element: {"coding": [{"code": code}]} for element, code in statuses.items()}
    recorded = {"assertedDate" if release == "STU3" else "recordedDate": days_ago(9)}
    made = {"resourceType": "Condition", "id": "c", "subject": SUBJECT, "code": FOOT_DROP, **statuses, **recorded}
    return valid(release, made | elements)


def potassium(release: str, **elements: object) -> Json:
    """A potassium of 2.9 with the laboratory's limits."""
    low, high = ({"value": limit, "unit": "mmol/L"} for limit in (3.5, 5.1))
    made = {
        "resourceType": "Observation",
        "id": "k",
        "status": "final",
        "subject": SUBJECT,
        "code": POTASSIUM,
        "effectiveDateTime": days_ago(1),
        "valueQuantity": {"value": 2.9, "unit": "mmol/L", "system": UCUM, "code": "mmol/L"},
        "referenceRange": [{"low": low, "high": high}],
    }
    return valid(release, made | elements)


def interpreted(release: str, text: str) -> Json:
    """An Observation's interpretation."""
    return {"interpretation": concept(text) if release == "STU3" else [concept(text)]}


def remarked(release: str, text: str) -> Json:
    """A remark on an Observation."""
    return {"comment": text} if release == "STU3" else {"note": [{"text": text}]}


def prescription(release: str, kind: str) -> Json:
    """Digoxin, by `CodeableConcept` or by `Reference`."""
    value = DIGOXIN if kind == "CodeableConcept" else {"reference": "Medication/m"}
    in_r5 = {"medication": {"concept" if kind == "CodeableConcept" else "reference": value}}
    made = {
        "resourceType": "MedicationRequest",
        "id": "rx",
        "status": "active",
        "intent": "order",
        "subject": SUBJECT,
        "authoredOn": days_ago(30),
        "dosageInstruction": [{"route": concept("oral")}],
        **(in_r5 if release == "R5" else {f"medication{kind}": value}),
    }
    return valid(release, made)


def procedure(release: str, kind: str, **elements: object) -> Json:
    """An MRI that was done, dated by a `DateTime` or a `Period`."""
    prefix = "occurrence" if release == "R5" else "performed"
    when = {f"{prefix}{kind}": days_ago(6) if kind == "DateTime" else PERIOD}
    made = {"resourceType": "Procedure", "id": "p", "status": "completed", "subject": SUBJECT, "code": MRI}
    return valid(release, made | when | elements)


def order(release: str, **elements: object) -> Json:
    """An MRI that was ordered."""
    made = {
        "resourceType": "ProcedureRequest" if release == "STU3" else "ServiceRequest",
        "id": "o",
        "status": "active",
        "intent": "order",
        "priority": "urgent",
        "subject": SUBJECT,
        "authoredOn": days_ago(2),
        "code": {"concept": MRI} if release == "R5" else MRI,
    }
    return valid(release, made | elements)


def report(release: str) -> Json:
    """An MRI that was reported."""
    made = {"resourceType": "DiagnosticReport", "id": "r", "status": "final", "subject": SUBJECT, "code": MRI}
    return valid(release, made | {"effectivePeriod": PERIOD})


def encounter(release: str) -> Json:
    """A fortnight in hospital."""
    system = "http://hl7.org/fhir/v3/ActCode" if release == "STU3" else ACT_CODE
    inpatient = {"system": system, "code": "IMP"}
    made = {
        "resourceType": "Encounter",
        "id": "e",
        "subject": SUBJECT,
        "status": "completed" if release == "R5" else "finished",
        "class": [{"coding": [inpatient]}] if release == "R5" else inpatient,
        "actualPeriod" if release == "R5" else "period": PERIOD,
    }
    return valid(release, made)


def medication(release: str) -> Json:
    """What the prescription by reference refers to."""
    return valid(release, {"resourceType": "Medication", "id": "m", "code": DIGOXIN})


def patient(release: str) -> Json:
    """A woman of 66."""
    return valid(release, {"resourceType": "Patient", "id": "p1", "birthDate": "1960-03-01", "gender": "female"})


def chart(release: str) -> list[Json]:
    """One resource of every type that is read."""
    return [
        patient(release),
        condition(release),
        potassium(release, **interpreted(release, "haemolysed")),
        prescription(release, "Reference"),
        medication(release),
        procedure(release, "Period"),
        order(release),
        report(release),
        encounter(release),
    ]
