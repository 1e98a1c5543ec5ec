"""What the charts of the benchmarks hold: everyday problems, laboratory panels and drugs, and the stories that fire."""

from __future__ import annotations

from dataclasses import dataclass

_SNOMED = "http://snomed.info/sct"
_LOINC = "http://loinc.org"
_ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"


@dataclass(frozen=True, slots=True)
class Problem:
    """A diagnosis."""

    code: str
    display: str
    system: str = _SNOMED


@dataclass(frozen=True, slots=True)
class Lab:
    """A test, with its usual range."""

    code: str
    display: str
    unit: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and the (code, display) of what may be answered."""

    code: str
    display: str
    answers: tuple[tuple[str, str], ...]
    system: str = _LOINC


@dataclass(frozen=True, slots=True)
class Drug:
    """An RxNorm code."""

    code: str
    display: str


@dataclass(frozen=True, slots=True)
class Story:
    """Why a chart fires: its problems with the days since their onset, its results, its drugs."""

    problems: tuple[tuple[Problem, float], ...]
    results: tuple[tuple[Lab, float], ...] = ()
    drugs: tuple[Drug, ...] = ()


PROBLEMS = (
    Problem("59621000", "Essential hypertension"),
    Problem("55822004", "Hyperlipidemia"),
    Problem("44054006", "Type 2 diabetes mellitus"),
    Problem("431855005", "Chronic kidney disease stage 1"),
    Problem("195967001", "Asthma"),
    Problem("13645005", "Chronic obstructive lung disease"),
    Problem("35489007", "Depressive disorder"),
    Problem("197480006", "Anxiety disorder"),
    Problem("235595009", "Gastroesophageal reflux disease"),
    Problem("414916001", "Obesity"),
    Problem("49436004", "Atrial fibrillation"),
    Problem("53741008", "Coronary arteriosclerosis"),
    Problem("64859006", "Osteoporosis"),
    Problem("396275006", "Osteoarthritis"),
    Problem("444814009", "Viral sinusitis (disorder)"),
    Problem("10509002", "Acute bronchitis"),
    Problem("271737000", "Anemia"),
    Problem("40930008", "Hypothyroidism"),
    Problem("193462001", "Insomnia"),
    Problem("37796009", "Migraine"),
    Problem("279039007", "Low back pain"),
    Problem("68496003", "Polyp of colon"),
    Problem("E78.5", "Hyperlipidemia, unspecified", _ICD10CM),
    Problem("N40.0", "Benign prostatic hyperplasia without lower urinary tract symptoms", _ICD10CM),
    Problem("H25.9", "Unspecified age-related cataract", _ICD10CM),
    Problem("I10", "Essential (primary) hypertension", _ICD10CM),
    Problem("Z87.891", "Personal history of nicotine dependence", _ICD10CM),
)

POTASSIUM = Lab("2823-3", "Potassium [Moles/volume] in Serum or Plasma", "mmol/L", 3.5, 5.1)
SODIUM = Lab("2951-2", "Sodium [Moles/volume] in Serum or Plasma", "mmol/L", 136, 145)
HBA1C = Lab("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", 4.5, 5.7)
B12 = Lab("2132-9", "Cobalamin (Vitamin B12) [Mass/volume] in Serum or Plasma", "pg/mL", 232, 1245)
CK = Lab("2157-6", "Creatine kinase [Enzymatic activity/volume] in Serum or Plasma", "U/L", 30, 200)

LABS = (
    POTASSIUM,
    SODIUM,
    Lab("2075-0", "Chloride [Moles/volume] in Serum or Plasma", "mmol/L", 98, 107),
    Lab("2028-9", "Carbon dioxide, total [Moles/volume] in Serum or Plasma", "mmol/L", 22, 29),
    Lab("3094-0", "Urea nitrogen [Mass/volume] in Serum or Plasma", "mg/dL", 7, 20),
    Lab("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 0.6, 1.2),
    Lab("2345-7", "Glucose [Mass/volume] in Serum or Plasma", "mg/dL", 70, 99),
    Lab("17861-6", "Calcium [Mass/volume] in Serum or Plasma", "mg/dL", 8.6, 10.2),
    Lab("6690-2", "Leukocytes [#/volume] in Blood by Automated count", "10*3/uL", 4.5, 11),
    Lab("789-8", "Erythrocytes [#/volume] in Blood by Automated count", "10*6/uL", 4.2, 5.9),
    Lab("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 12, 17.5),
    Lab("4544-3", "Hematocrit [Volume Fraction] of Blood by Automated count", "%", 36, 50),
    Lab("787-2", "MCV [Entitic volume] by Automated count", "fL", 80, 100),
    Lab("785-6", "MCH [Entitic mass] by Automated count", "pg", 27, 33),
    Lab("786-4", "MCHC [Mass/volume] by Automated count", "g/dL", 32, 36),
    Lab("788-0", "Erythrocyte distribution width [Ratio] by Automated count", "%", 11.5, 14.5),
    Lab("777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL", 150, 400),
    Lab("1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma", "U/L", 7, 56),
    Lab("1920-8", "Aspartate aminotransferase [Enzymatic activity/volume] in Serum or Plasma", "U/L", 10, 40),
    Lab("6768-6", "Alkaline phosphatase [Enzymatic activity/volume] in Serum or Plasma", "U/L", 44, 147),
    Lab("1975-2", "Bilirubin.total [Mass/volume] in Serum or Plasma", "mg/dL", 0.1, 1.2),
    Lab("1751-7", "Albumin [Mass/volume] in Serum or Plasma", "g/dL", 3.5, 5),
    Lab("2093-3", "Cholesterol [Mass/volume] in Serum or Plasma", "mg/dL", 125, 200),
    Lab("2085-9", "Cholesterol in HDL [Mass/volume] in Serum or Plasma", "mg/dL", 40, 60),
    Lab("2571-8", "Triglyceride [Mass/volume] in Serum or Plasma", "mg/dL", 40, 150),
    Lab("3016-3", "Thyrotropin [Units/volume] in Serum or Plasma", "m[IU]/L", 0.4, 4),
    Lab("19123-9", "Magnesium [Mass/volume] in Serum or Plasma", "mg/dL", 1.7, 2.2),
    HBA1C,
)

FINDINGS = (
    Question("72166-2", "Tobacco smoking status", (("8517006", "Ex-smoker"), ("266919005", "Never smoked tobacco"))),
    Question("55757-9", "Patient Health Questionnaire 2 item", (("260385009", "Negative"),)),
    Question("161898004", "Falls", (("373067005", "No (qualifier value)"),), _SNOMED),
    Question("63513-6", "Are you covered by health insurance", (("373066001", "Yes (qualifier value)"),)),
)

DRUGS = (
    Drug("314076", "lisinopril 10 MG Oral Tablet"),
    Drug("197361", "amlodipine 5 MG Oral Tablet"),
    Drug("617311", "atorvastatin 40 MG Oral Tablet"),
    Drug("860975", "24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet"),
    Drug("198440", "acetaminophen 500 MG Oral Tablet"),
    Drug("198211", "simvastatin 40 MG Oral Tablet"),
    Drug("310798", "hydrochlorothiazide 25 MG Oral Tablet"),
    Drug("198051", "omeprazole 20 MG Delayed Release Oral Capsule"),
    Drug("966222", "levothyroxine sodium 0.075 MG Oral Tablet"),
    Drug("312938", "sertraline 100 MG Oral Tablet"),
    Drug("243670", "aspirin 81 MG Oral Tablet"),
    Drug("745679", "200 ACTUAT albuterol 0.09 MG/ACTUAT Metered Dose Inhaler"),
    Drug("308136", "amlodipine 2.5 MG Oral Tablet"),
    Drug("310429", "furosemide 20 MG Oral Tablet"),
)

_FOOT_DROP = Problem("6077001", "Foot-drop")
_GENERALIZED = Problem("M62.81", "Muscle weakness (generalized)", _ICD10CM)
_PARESIS = Problem("102568007", "Paresis of lower extremity")
_DIABETES = Problem("44054006", "Type 2 diabetes mellitus")
_RETENTION = Problem("267064002", "Retention of urine")
_BACK_PAIN = Problem("279039007", "Low back pain")
_HEMIPLEGIA = Problem("50582007", "Hemiplegia")
_PARAPARESIS = Problem("1845001", "Paraparesis")

STORIES = (
    Story(((_FOOT_DROP, 20), (_DIABETES, 3000)), ((HBA1C, 9.1),)),
    Story(((_GENERALIZED, 5),), ((POTASSIUM, 2.4),), (Drug("310429", "furosemide 20 MG Oral Tablet"),)),
    Story(((_GENERALIZED, 900), (_BACK_PAIN, 1500))),
    Story(((_PARESIS, 60),), ((B12, 140.0), (CK, 2400.0)), (Drug("198211", "simvastatin 40 MG Oral Tablet"),)),
    Story(((_PARAPARESIS, 2), (_RETENTION, 1), (_BACK_PAIN, 10))),
    Story(((_HEMIPLEGIA, 0.2),)),
    Story(((_PARESIS, 30),), ((SODIUM, 121.0),)),
)
