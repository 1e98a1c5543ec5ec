"""A first look at a chart: whether anything in it may record weakness. In most charts nothing does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.chart.decode import LeftOut
from app.chart.resources import CodeableConcept, Component, Condition, Observation
from app.facts.context import Lexicon, Reading
from app.facts.dates import observed_at
from app.facts.findings import answer_of, read_conditions, read_finding_observations
from app.facts.status import has_clinical_status


def may_record_weakness(conditions: Iterable[Condition], observations: Iterable[Observation], lexicon: Lexicon) -> bool:
    """False only where reading every finding would show none that triggers."""
    concepts = [one for one in _concepts(conditions, observations) if one is not None]
    codings = [coding for concept in concepts for coding in concept.coding]
    names_of, triggers = lexicon.knowledge.index.findings_of, lexicon.triggers
    for coding in codings:
        if not triggers.isdisjoint(names_of(coding.system, coding.code)):
            return True
    said = {*(coding.display for coding in codings), *(concept.text for concept in concepts)}
    return lexicon.trigger_gate.lets_pass("\n".join(text for text in said if text))


def left_out_findings(
    conditions: Iterable[Condition], observations: Iterable[Observation], reading: Reading
) -> Iterator[LeftOut]:
    """What reading every finding would leave out and name; only what may be left out is read."""
    lapsed = [one for one in conditions if one.category and not has_clinical_status(one)]
    ahead = [one for one in observations if _is_ahead(one, reading)]
    read = (*read_conditions(lapsed, reading), *read_finding_observations(ahead, reading))
    yield from (one for one in read if isinstance(one, LeftOut))


def _concepts(conditions: Iterable[Condition], observations: Iterable[Observation]) -> Iterator[CodeableConcept | None]:
    """All that may name a finding: problems, questions and answers."""
    for condition in conditions:
        yield condition.code
    for observation in observations:
        parts: tuple[Observation | Component, ...] = (observation, *observation.component)
        for part in parts:
            yield part.code
            yield answer_of(part)


def _is_ahead(observation: Observation, reading: Reading) -> bool:
    when = observed_at(observation, reading)
    return when is not None and reading.is_future(when)
