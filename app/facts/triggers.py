"""A first look at a chart: whether anything in it may record weakness. In most charts nothing does."""

from __future__ import annotations

from collections.abc import Iterator

from app.chart.chart import Chart
from app.chart.decode import LeftOut
from app.chart.resources import CodeableConcept, Component, Observation
from app.facts.context import Reading, coded_names, words_of
from app.facts.dates import observed_at
from app.facts.findings import answer_of, read_conditions, read_finding_observations


def may_record_weakness(chart: Chart, reading: Reading) -> bool:
    """False only where reading every finding would show none that triggers."""
    texts: list[str] = []
    for concept in _concepts(chart):
        if concept is not None:
            if not coded_names(concept, reading.lexicon).isdisjoint(reading.lexicon.triggers):
                return True
            texts.append(words_of(concept))
    return reading.lexicon.trigger_gate.lets_pass("\n".join(texts))


def left_out_findings(chart: Chart, reading: Reading) -> Iterator[LeftOut]:
    """What reading every finding would leave out and name; only what may be left out is read."""
    conditions = [one for one in chart.conditions if one.category and one.clinicalStatus is None]
    observations = [one for one in chart.observations if not _is_bare_quantity(one) and _is_ahead(one, reading)]
    read = (*read_conditions(conditions, reading), *read_finding_observations(observations, reading))
    yield from (one for one in read if isinstance(one, LeftOut))


def _concepts(chart: Chart) -> Iterator[CodeableConcept | None]:
    """All that may name a finding: problems, questions and answers."""
    for condition in chart.conditions:
        yield condition.code
    for observation in chart.observations:
        if not _is_bare_quantity(observation):
            parts: tuple[Observation | Component, ...] = (observation, *observation.component)
            for part in parts:
                yield part.code
                yield answer_of(part)


def _is_bare_quantity(observation: Observation) -> bool:
    return observation.valueQuantity is not None and not observation.component


def _is_ahead(observation: Observation, reading: Reading) -> bool:
    when = observed_at(observation, reading)
    return when is not None and reading.is_future(when)
