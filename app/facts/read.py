"""A chart to facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import TypeVar

from app.chart import resources
from app.chart.chart import Chart
from app.facts.context import Lexicon, Reading
from app.facts.findings import may_name_finding, read_conditions, read_finding_observations
from app.facts.labs import find_samples
from app.facts.later import Later
from app.facts.medications import read_prescriptions, unnamed_prescriptions
from app.facts.model import Finding, NoLabs, Patient, PatientFacts, Prescription, Study
from app.facts.moment import parse_moment
from app.facts.results import Measured, Results
from app.facts.stays import read_stays
from app.facts.studies import read_studies
from app.facts.triggers import left_out_findings, may_record_weakness

F = TypeVar("F", Finding, Prescription, Study)


def read_facts(chart: Chart, lexicon: Lexicon, now: datetime) -> PatientFacts:
    """All that the vocabulary can name in this chart, at this time; what only a card asks for, when it is asked for."""
    reading = _reading(chart, lexicon, now)
    samples, unusable = find_samples(chart.observations, reading)
    answers = [one for one in chart.observations if may_name_finding(one)]
    return PatientFacts(
        now=now,
        patient=read_patient(chart.patient, reading),
        may_be_weak=may_record_weakness(chart.conditions, answers, lexicon),
        findings=Later(lambda: _findings(chart.conditions, answers, reading)),
        labs=Results(Measured(samples, reading), reading),
        prescriptions=Later(lambda: _prescriptions(chart, reading)),
        studies=Later(lambda: _studies(chart, reading)),
        stays=tuple(read_stays(chart.encounters, reading)),
        unavailable=chart.unavailable,
        left_out=(
            *chart.left_out,
            *left_out_findings(chart.conditions, answers, reading),
            *unusable,
            *unnamed_prescriptions(chart.medication_requests, chart.medications),
        ),
    )


def read_facts_without_weakness(chart: Chart, lexicon: Lexicon, now: datetime) -> PatientFacts:
    """Of a chart that records no weakness: whose it is, and what may not be passed over in silence."""
    reading = _reading(chart, lexicon, now)
    answers = [one for one in chart.observations if may_name_finding(one)]
    return PatientFacts(
        now=now,
        patient=read_patient(chart.patient, reading),
        may_be_weak=False,
        labs=NoLabs(),
        unavailable=chart.unavailable,
        left_out=(*chart.left_out, *left_out_findings(chart.conditions, answers, reading)),
    )


def _reading(chart: Chart, lexicon: Lexicon, now: datetime) -> Reading:
    return Reading(lexicon, now, parse_moment(chart.patient.birthDate) if chart.patient else None)


def _findings(
    conditions: Iterable[resources.Condition], answers: Iterable[resources.Observation], reading: Reading
) -> Mapping[str, tuple[Finding, ...]]:
    read = (*read_conditions(conditions, reading), *read_finding_observations(answers, reading))
    return _grouped((one for one in read if isinstance(one, Finding)), lambda finding: sorted(finding.names))


def _prescriptions(chart: Chart, reading: Reading) -> Mapping[str, tuple[Prescription, ...]]:
    read = read_prescriptions(chart.medication_requests, chart.medications, reading)
    return _grouped(read, lambda one: sorted(one.groups))


def _studies(chart: Chart, reading: Reading) -> Mapping[str, tuple[Study, ...]]:
    newest_first = sorted(read_studies(chart, reading), key=lambda study: (study.age.least, study.reference))
    return _grouped(newest_first, lambda study: [study.order])


def read_patient(patient: resources.Patient | None, reading: Reading) -> Patient:
    """Age in completed years; a birth date without day or month counts as its last day, so nobody is made older."""
    if patient is None:
        return Patient()
    born, now = reading.born, reading.now
    return Patient(
        age=_years(born.last, now.date()) if born and born.last <= (now + timedelta(hours=14)).date() else None,
        sex=patient.gender,
        deceased=bool(patient.deceasedBoolean or patient.deceasedDateTime),
    )


def _years(born: date, today: date) -> int:
    return max(0, today.year - born.year - ((today.month, today.day) < (born.month, born.day)))


def _grouped(items: Iterable[F], keys: Callable[[F], Iterable[str]]) -> Mapping[str, tuple[F, ...]]:
    grouped: dict[str, list[F]] = defaultdict(list)
    for item in items:
        for key in keys(item):
            grouped[key].append(item)
    return {key: tuple(several) for key, several in grouped.items()}
