"""Who is evaluated and when, as the clinical decisions print it: evaluation.yaml, each number and list at its edges."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from app.pipeline import Evaluation
from tests.knowledge.probe import LEG_WEAKNESS, MINUTE, Probe, ago, asking, length, weakness
from tests.support.cards import toy
from tests.support.charts import ICD10CM, LOINC, SNOMED, Json, concept, condition, lexicon, observation, patient
from tests.support.charts import resource as any_resource

VAGUE = concept(None, (ICD10CM, "M62.81"))
SECOND = timedelta(seconds=1)
LONG_AGO = length("2 years")

TRIGGERS: dict[str, tuple[str, str, str | None]] = {
    # decision 1
    "paresis of a leg": (SNOMED, "102568007", "specific"),
    "foot drop": (ICD10CM, "M21.371", "specific"),
    "weakness of one side": (SNOMED, "20022000", "specific"),
    "weakness left by a stroke": (ICD10CM, "I69.351", "specific"),
    "unable to walk": (SNOMED, "282145008", "specific"),
    "paralytic gait": (ICD10CM, "R26.1", "specific"),
    "gait abnormal from weakness": (SNOMED, "432559006", "specific"),
    "foot-drop gait": (SNOMED, "27253007", "specific"),
    "difficulty walking": (ICD10CM, "R26.2", None),
    # decision 2
    "generalized weakness": (ICD10CM, "M62.81", "non-specific"),
    # second signals promote, and trigger nothing by themselves (decision 3)
    "sciatica": (SNOMED, "23056005", None),
    "fall": (SNOMED, "1912002", None),
    "numb foot": (SNOMED, "309538000", None),
    "low back pain": (SNOMED, "279039007", None),
}
PROMOTING = {
    # decision 3
    "abnormal gait": (SNOMED, "22325002", "90 days"),
    "leg pain": (SNOMED, "10601006", "90 days"),
    "lumbar radiculopathy": (SNOMED, "128196005", "90 days"),
    "numb foot": (SNOMED, "309538000", "90 days"),
    "numb leg": (SNOMED, "309537005", "90 days"),
    "paraesthesia of the leg": (SNOMED, "429783005", "90 days"),
    "repeated falls": (ICD10CM, "R29.6", "30 days"),
    "low back pain": (SNOMED, "279039007", "28 days"),
}
NEVER_PROMOTING = {
    # decision 3
    "history of falling": (ICD10CM, "Z91.81"),
    "at risk of falls": (SNOMED, "129839007"),
    "numbness of no stated place": (ICD10CM, "R20.0"),
}
STANDS_OUT = ("abnormal gait", "repeated falls", "low back pain", "lumbar radiculopathy", "numb foot")
MOST_URGENT_FIRST = ("respiratory-bulbar", "stroke", "cauda-equina", "cord-compression", "guillain-barre", "infection")

Row = tuple[str, Any, Any]


def wrong_rules(probe: Probe) -> Iterator[str]:
    """Every row that the knowledge answers otherwise."""
    for rows in RULES:
        yield from (f"{words}: {got}, not {expected}" for words, got, expected in rows(probe) if got != expected)


def triggers(probe: Probe) -> Iterator[Row]:
    """What makes a patient one to evaluate (decisions 1 and 2)."""
    for words, (system, code, kind) in TRIGGERS.items():
        yield f"{words} alone", _kind(probe, weakness(MINUTE, concept(None, (system, code)))), kind


def promotion(probe: Probe) -> Iterator[Row]:
    """What makes non-specific weakness count as one of the legs, by onset or else by recordedDate (decision 3)."""
    for words, (system, code, window) in PROMOTING.items():
        for age, kind in _edges(window, "promoted", "non-specific"):
            for date in ("onsetDateTime", "recordedDate"):
                second = condition("second", concept(None, (system, code)), **{date: ago(age)})
                yield f"{words} {age} ago", _kind(probe, weakness(LONG_AGO, VAGUE), second), kind
    for words, coding in NEVER_PROMOTING.items():
        second = condition("second", concept(None, coding), onsetDateTime=ago(MINUTE))
        yield words, _kind(probe, weakness(LONG_AGO, VAGUE), second), "non-specific"


def quiet(probe: Probe) -> Iterator[Row]:
    """Long-standing non-specific weakness gets the quiet card alone (decision 3)."""
    calm = toy("calm", applies_to={"weakness": "leg-weakness"})
    for age, cards in _edges("90 days", ["noise"], ["calm"]):
        yield f"vague weakness {age} ago", _shown(probe.answer([weakness(age, VAGUE)], calm, toy("noise"))), cards
    for words in STANDS_OUT:
        system, code, _ = PROMOTING[words]
        sign = condition("sign", concept(None, (system, code)), onsetDateTime=ago(LONG_AGO))
        yield f"old {words}", _shown(probe.answer([weakness(LONG_AGO, VAGUE), sign], calm)), ["calm"]
    yield "nothing else", _shown(probe.answer([weakness(LONG_AGO, VAGUE)], calm)), []


def age_gate(probe: Probe) -> Iterator[Row]:
    """Adults only (decision 4)."""
    for born, kind in (("2008-11-22", "specific"), ("2008-11-23", None)):
        yield f"born {born}", _kind(probe, patient(birthDate=born), weakness(MINUTE)), kind


def encounter_diagnoses(probe: Probe) -> Iterator[Row]:
    """Without clinicalStatus they count for 90 days from recordedDate (decision 7)."""
    for age, kind in _edges("90 days", "specific", None):
        category = [{"coding": [{"code": "encounter-diagnosis"}]}]
        diagnosis = condition("visit", LEG_WEAKNESS, clinicalStatus=None, category=category, recordedDate=ago(age))
        yield f"encounter diagnosis {age} ago", _kind(probe, diagnosis), kind


def fast_clocks(probe: Probe) -> Iterator[Row]:
    """An instant up to 10 minutes ahead is not the future (decision 6)."""
    for ahead, kind in ((length("10 minutes"), "specific"), (length("10 minutes") + SECOND, None)):
        seen = observation("seen", LEG_WEAKNESS, effectiveDateTime=ago(-ahead), valueBoolean=True)
        yield f"seen {ahead} ahead", _kind(probe, seen), kind


def acute_weakness(probe: Probe) -> Iterator[Row]:
    """In weakness of 7 days or less a metabolic panel is enough for 24 hours only (evidence 4, decision 9)."""
    code = concept(None, (LOINC, "24321-2"))
    panel = any_resource("DiagnosticReport", "panel", code, status="final", effectiveDateTime=ago(length("2 days")))
    for age, asked in _edges("7 days", True, False):
        yield f"weakness {age} ago", probe.asks("basic-metabolic-panel", [weakness(age), panel]), asked


def cap(probe: Probe) -> Iterator[Row]:
    """At most five cards; what is urgent is never left out, and the last card names the info cards that are."""
    for level, count, shown, named in (("info", 5, 5, 0), ("info", 7, 5, 2), ("warning", 7, 7, 0)):
        cards = [toy(f"toy-{number}", level) for number in range(count)]
        advice = probe.answer([weakness(MINUTE)], *cards).conclusion.advice
        yield f"{count} cards at {level}", (len(advice), len(advice[-1].named)), (shown, named)


def urgency(probe: Probe) -> Iterator[Row]:
    """Among cards of one level, minutes count."""
    cards = [toy(name, "critical") for name in ("another", *reversed(MOST_URGENT_FIRST))]
    yield "critical cards", _shown(probe.answer([weakness(MINUTE)], *cards)), [*MOST_URGENT_FIRST, "another"]


RULES: tuple[Callable[[Probe], Iterator[Row]], ...] = (
    *(triggers, promotion, quiet, age_gate, encounter_diagnoses),
    *(fast_clocks, acute_weakness, cap, urgency),
)


def _edges(window: str, inside: Any, outside: Any) -> list[tuple[timedelta, Any]]:
    return [(length(window), inside), (length(window) + MINUTE, outside)]


def _kind(probe: Probe, *chart: Json) -> str | None:
    found = probe.answer([*chart], asking("ck-level")).conclusion.weakness
    return found.kind if found else None


def _shown(answer: Evaluation) -> list[str]:
    return [one.found.card.id for one in answer.conclusion.advice]


@pytest.mark.parametrize("rows", RULES, ids=[rows.__name__ for rows in RULES])
def test_the_rules_answer_as_the_clinical_decisions_say(rows: Callable[[Probe], Iterator[Row]]) -> None:
    assert [row for row in rows(Probe(lexicon())) if row[1] != row[2]] == []
