"""Real and realistic charts by others: nothing raises, and nobody without weakness gets a card."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec import Raw

from app.chart.chart import Chart
from app.explain.chart_file import read_chart_file
from app.facts.context import Lexicon, build_lexicon
from app.fhir.prefetch import read_prefetch
from app.fhir.templates import TEMPLATES
from app.knowledge.knowledge import load_knowledge
from app.pipeline import Evaluation, evaluate
from app.rendering.context import Subject
from app.settings import CARDS

DATA = Path("../shared/data")
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
WEAK = re.compile(
    r"weak|pares|plegi|paraly|foot.?drop|asthenia|unable to walk|R53\.?1|M62\.?81|R29\.?898|G8[1-3]|M21\.?37",
    re.IGNORECASE,
)

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the shared charts are not beside this checkout")


@dataclass(frozen=True)
class Chartlike:
    """One chart to run, and all that its Conditions and Observations say, for a judgement of our own."""

    name: str
    chart: Chart
    says: str


def whole() -> Iterator[Chartlike]:
    for path in sorted((DATA / "whole").glob("*.json")):
        yield Chartlike(path.name, read_chart_file(path).chart, _said([_load(path)]))


def vendor() -> Iterator[Chartlike]:
    for path in sorted((DATA / "vendor").glob("*.json")):
        yield _chart(path.name, [_load(path)])


def errors() -> Iterator[Chartlike]:
    for path in sorted((DATA / "vendor" / "errors").glob("*.json")):
        body = _load(path)
        body = body.get("body", body)
        yield Chartlike(path.name, _prefetched(dict.fromkeys((one.key for one in TEMPLATES), body), "nobody"), "")


def awkward() -> Iterator[Chartlike]:
    for path in sorted((DATA / "awkward").glob("*.ndjson")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            yield _chart(f"{path.name}:{number}", [json.loads(line)])


def _load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _chart(name: str, values: list[Any]) -> Chartlike:
    """A request that carries these values under every key that could hold them."""
    prefetch = {
        template.key: value for template in TEMPLATES for value in values if _types(value) & template.type_names
    }
    subjects = re.findall(r'"Patient/([^"/]+)"', json.dumps(values))
    own = [value["id"] for value in values if value.get("resourceType") == "Patient"]
    return Chartlike(name, _prefetched(prefetch, (own + subjects + ["nobody"])[0]), _said(values))


def _types(value: Any) -> set[str]:
    entries = value.get("entry", [])
    return {value.get("resourceType", ""), *(one.get("resource", {}).get("resourceType", "") for one in entries)}


def _prefetched(prefetch: dict[str, Any], patient: str) -> Chart:
    return read_prefetch({key: Raw(msgspec.json.encode(value)) for key, value in prefetch.items()}, patient)


def _said(values: list[Any]) -> str:
    entries = [one.get("resource", {}) for value in values for one in value.get("entry", [{"resource": value}])]
    return json.dumps([one for one in entries if one.get("resourceType") in ("Condition", "Observation")])


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return build_lexicon(load_knowledge(CARDS))


def run(one: Chartlike, lexicon: Lexicon) -> Evaluation:
    return evaluate(one.chart, lexicon, Subject("Patient/one"), NOW, UUID(int=0))


@pytest.mark.parametrize("source", [whole, vendor, errors, awkward], ids=lambda source: source.__name__)
def test_every_chart_runs_and_no_chart_without_weakness_gets_a_card(source: Any, lexicon: Lexicon) -> None:
    charts = list(source())
    assert charts
    summary: Counter[str] = Counter()
    for one in charts:
        evaluation = run(one, lexicon)
        summary.update(_summary(evaluation))
        if not WEAK.search(one.says):
            assert evaluation.response.cards == (), one.name
    _report(source.__name__, len(charts), summary)


def test_charts_with_real_conditions_and_labs_are_really_read(lexicon: Lexicon) -> None:
    """Guards the test above: silence must not come from reading nothing."""
    evaluations = [run(one, lexicon) for one in whole()]
    assert sum(bool(evaluation.facts.labs) for evaluation in evaluations) > len(evaluations) / 2
    assert sum("diabetes" in evaluation.facts.findings for evaluation in evaluations) > 5


def test_a_real_chart_with_foot_drop_added_gets_cards(lexicon: Lexicon) -> None:
    """Guards the test above: the same charts do speak once there is weakness."""
    bundle = _load(DATA / "whole" / "synthea2019-neuropathy-madalyn-af0e5952.json")
    patient = next(one["resource"]["id"] for one in bundle["entry"] if one["resource"]["resourceType"] == "Patient")
    drop = {
        "resourceType": "Condition",
        "id": "added",
        "subject": {"reference": f"Patient/{patient}"},
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "6077001"}]},
    }
    entries = [one["resource"] for one in bundle["entry"]]
    conditions = [one for one in entries if one["resourceType"] == "Condition"]
    labs = [one for one in entries if one["resourceType"] == "Observation"]
    prefetch = {"conditions": _bundle([*conditions, drop], patient), "labs": _bundle(labs, patient)}

    evaluation = run(Chartlike("madalyn", _prefetched(prefetch, patient), ""), lexicon)

    assert evaluation.response.cards


def _bundle(resources: list[dict[str, Any]], patient: str) -> dict[str, Any]:
    subject = {"subject": {"reference": f"Patient/{patient}"}}
    return {"resourceType": "Bundle", "entry": [{"resource": one | subject} for one in resources]}


def _summary(evaluation: Evaluation) -> Iterator[str]:
    facts = evaluation.facts
    yield from (f"finding {name}" for name in facts.findings)
    yield from (f"lab {name}" for name in facts.labs)
    yield from (f"medication {name}" for name in facts.prescriptions)
    yield from (f"study {name}" for name in facts.studies)
    yield from (f"card {card.source.topic.code} {card.indicator}" for card in evaluation.response.cards)
    yield from {f"left out: {one.reason.split(': ')[-1]}" for one in facts.left_out}
    yield from (f"unavailable {one.input}" for one in facts.unavailable)
    if evaluation.conclusion.silent_because:
        yield f"silent: {evaluation.conclusion.silent_because}"


def _report(source: str, charts: int, summary: Counter[str]) -> None:
    """`pytest -s tests/shared_charts` shows it."""
    lines = "\n".join(
        f"  {count:4d} {what}" for what, count in sorted(summary.items(), key=lambda one: (-one[1], one[0]))
    )
    print(f"\n{source}: {charts} charts; in how many of them there is\n{lines}")  # noqa: T201 (the summary is the point)
