"""A chart to facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import TypeVar

from app.chart import resources
from app.chart.chart import Chart
from app.chart.decode import LeftOut
from app.facts.calculated import calculate_labs
from app.facts.context import Lexicon, Reading
from app.facts.findings import read_condition, read_finding_observations
from app.facts.labs import read_labs
from app.facts.medications import read_prescriptions
from app.facts.model import Finding, LabResult, Patient, PatientFacts, Prescription, Study
from app.facts.moment import parse_moment
from app.facts.stays import read_stays
from app.facts.studies import read_studies

F = TypeVar("F", Finding, LabResult, Prescription, Study)


def read_facts(chart: Chart, lexicon: Lexicon, now: datetime) -> PatientFacts:
    """All that the vocabulary can name in this chart, at this time."""
    reading = Reading(lexicon, now)
    read: list[Finding | LabResult | Prescription | Study | LeftOut] = [
        *(item for condition in chart.conditions for item in read_condition(condition, reading)),
        *read_finding_observations(chart.observations, reading),
        *(item for observation in chart.observations for item in read_labs(observation, reading)),
        *read_prescriptions(chart.medication_requests, chart.medications, reading),
        *read_studies(chart, reading),
    ]
    measured = sorted(_only(read, LabResult), key=lambda result: (result.when, result.reference), reverse=True)
    labs = _grouped(measured, lambda result: [result.lab])
    calculated = calculate_labs(labs, lexicon.knowledge.vocabulary)
    studies = sorted(_only(read, Study), key=lambda study: (study.age.least, study.reference))
    return PatientFacts(
        now=now,
        patient=read_patient(chart.patient, now),
        findings=_grouped(_only(read, Finding), lambda finding: sorted(finding.names)),
        labs={**labs, **_grouped(calculated, lambda result: [result.lab])},
        prescriptions=_grouped(_only(read, Prescription), lambda one: sorted(one.groups)),
        studies=_grouped(studies, lambda study: [study.order]),
        stays=tuple(read_stays(chart.encounters, reading)),
        unavailable=chart.unavailable,
        left_out=(*chart.left_out, *(item for item in read if isinstance(item, LeftOut))),
    )


def read_patient(patient: resources.Patient | None, now: datetime) -> Patient:
    """Age in completed years; a birth date without day or month counts as its last day, so nobody is made older."""
    if patient is None:
        return Patient()
    born = parse_moment(patient.birthDate)
    return Patient(
        age=_years(born.last, now.date()) if born and born.last <= (now + timedelta(hours=14)).date() else None,
        sex=patient.gender,
        deceased=bool(patient.deceasedBoolean or patient.deceasedDateTime),
    )


def _years(born: date, today: date) -> int:
    return max(0, today.year - born.year - ((today.month, today.day) < (born.month, born.day)))


def _only(items: Iterable[object], kind: type[F]) -> Iterator[F]:
    return (item for item in items if isinstance(item, kind))


def _grouped(items: Iterable[F], keys: Callable[[F], Iterable[str]]) -> Mapping[str, tuple[F, ...]]:
    grouped: dict[str, list[F]] = defaultdict(list)
    for item in items:
        for key in keys(item):
            grouped[key].append(item)
    return {key: tuple(several) for key, several in grouped.items()}
