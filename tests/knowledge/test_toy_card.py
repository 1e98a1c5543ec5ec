"""A clinician adds a card with no Python: a toy card from a folder of its own goes through the whole pipeline."""

from __future__ import annotations

import shutil
from pathlib import Path

from typer.testing import CliRunner

from app.cases.read import read_cases
from app.cases.run import evaluate_case
from app.cli import app
from app.facts.context import build_lexicon
from app.knowledge.knowledge import load_knowledge
from app.settings import CARDS

TOY = """
id: toy-gout
title: Gout
status: active
source_line: none, a toy
summary: A toy that answers to a uric acid that nobody measured.
applies_to: {weakness: leg-weakness}
signals:
  thirsty: {lab: sodium, above: {mmol/L: 150, meq/L: 150}, within: 3 days, evidence: toy}
levels:
  warning: {all_of: [thirsty]}
workup:
  - {order: osmolality-level, priority: urgent, line: first, reason: Because it is a toy.}
card:
  warning: {summary: "{thirsty}: consider the toy.", detail: Consider a glass of water.}
limits: [It is a toy.]
source: toy
evidence:
  toy: {citation: Toy, organisation: Toy Society, year: 2026, url: "https://example.org", checked: 2026-11-22, mark: D}
review:
  developer: nobody
  funding: none
  reviewed_on: null
  review_due: 2027-01-01
  version: "1.0"
  released: 2026-11-22
  revised: null
  uses: []
"""

CASES = """
card: toy-gout
now: "2026-11-22T09:00:00Z"
cases:
  - name: a high sodium brings the toy
    kind: fires
    chart: [{finding: leg-weakness}, {lab: sodium, value: 151, unit: mmol/L, when: 1 days ago}]
    expect: {level: warning, cites: [thirsty], orders: [osmolality-level], says: ["consider the toy"]}
  - name: without leg weakness the toy is silent
    kind: near-miss
    chart: [{lab: sodium, value: 151, unit: mmol/L, when: 1 days ago}]
    expect: {level: none}
  - name: without a sodium it is unknown
    kind: missing
    chart: [{finding: leg-weakness}]
    expect: {level: none, unknown: [sodium]}
  - name: low sodium is another card's
    kind: mimic
    chart: [{finding: leg-weakness}, {lab: sodium, value: 120, unit: mmol/L, when: 1 days ago}]
    expect: {level: none}
thresholds:
  - name: the toy's threshold
    chart: [{finding: leg-weakness}]
    lab: sodium
    when: 1 days ago
    expect:
      mmol/L: [[149, none], [150, none], [151, warning]]
      meq/L: [[149, none], [150, none], [151, warning]]
"""


def with_toy(folder: Path) -> Path:
    cards = folder / "cards"
    shutil.copytree(CARDS, cards)
    (cards / "causes" / "toy-gout.yaml").write_text(TOY)
    (cards / "causes" / "toy-gout.cases.yaml").write_text(CASES)
    return cards


def test_a_toy_card_goes_through_the_whole_pipeline(tmp_path: Path) -> None:
    cards = with_toy(tmp_path)
    lexicon = build_lexicon(load_knowledge(cards))
    file = next(file for _, file in read_cases(cards)[0] if file.card == "toy-gout")

    response = evaluate_case(file.cases[0], file.now, lexicon).response

    toy = next(card for card in response.cards if card.source.topic.code == "toy-gout")
    assert toy.indicator == "warning"
    assert toy.summary == "Sodium 151 mmol/L: consider the toy."
    assert toy.source.label == "Toy Society 2026"
    assert [one.label for one in toy.suggestions] == ["Order serum osmolality"]


def test_the_check_accepts_the_toy_and_runs_its_cases(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["check", str(with_toy(tmp_path))])
    assert result.exit_code == 0, result.output


def test_the_check_reports_a_toy_case_that_fails_with_its_line(tmp_path: Path) -> None:
    cards = with_toy(tmp_path)
    path = cards / "causes" / "toy-gout.cases.yaml"
    path.write_text(CASES.replace("{level: warning, cites", "{level: critical, cites"))

    result = CliRunner().invoke(app, ["check", str(cards)])

    assert result.exit_code == 1
    assert "causes/toy-gout.cases.yaml:5:" in result.output
    assert "expected level critical, got warning" in result.output


def test_the_check_names_the_nearest_word_for_a_typo_in_the_toy(tmp_path: Path) -> None:
    cards = with_toy(tmp_path)
    (cards / "causes" / "toy-gout.yaml").write_text(TOY.replace("lab: sodium", "lab: sodum"))

    result = CliRunner().invoke(app, ["check", str(cards)])

    assert result.exit_code == 1
    assert "causes/toy-gout.yaml:9: no lab `sodum` in the vocabulary (nearest: `sodium`)" in result.output
