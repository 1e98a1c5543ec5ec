"""Prometheus reads its configuration, and each alarm rings when it should."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from app.observability.audit import AuditFailure
from app.observability.call import CallRecord, CardMark, Endpoint, Phase, Source
from app.observability.metrics import Metrics
from tests.deploy.tools import DEPLOY, run

ALERTS = DEPLOY / "prometheus" / "alerts.yml"
DASHBOARD = DEPLOY / "grafana" / "dashboards" / "legwork.json"
OF_THE_TARGET = {"job", "instance"}


class Waiting(list[int]):
    """A queue of records that lost one."""

    lost = 1


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    return list(group["rules"])


def panels() -> list[dict[str, Any]]:
    return list(json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"])


def expressions() -> list[str]:
    queries = [target["expr"] for panel in panels() for target in panel["targets"]]
    return [rule["expr"] for rule in rules()] + queries


@pytest.fixture(scope="module")
def labels() -> dict[str, set[str]]:
    """The labels of each series that the service shows when everything that it counts has happened."""
    metrics = Metrics()
    metrics.record(
        CallRecord(
            started=datetime.now(UTC),
            correlation="c",
            endpoint="call",
            status=200,
            phases=[Phase("auth", 0, 0.001)],
            cards=[CardMark("a", "info")],
            shadow=[CardMark("a", "info")],
            suppressions={"reason": 1},
            inputs={"labs": "prefetch"},
            fetch_errors=["timeout"],
            feedback=["accepted"],
        )
    )
    metrics.use_knowledge("1", "hash")
    metrics.watch_recorder(Waiting())
    metrics.audit_failed(get_args(AuditFailure)[0], 1)
    families = text_string_to_metric_families(metrics.render().decode())
    return {sample.name: set(sample.labels) for family in families for sample in family.samples}


def test_the_rules_are_valid() -> None:
    run("promtool", "check", "rules", str(ALERTS))


def test_each_alarm_rings_when_it_should() -> None:
    run("promtool", "test", "rules", "tests/deploy/alerts.yml")


def test_each_alarm_has_a_story_in_which_it_rings() -> None:
    stories = yaml.safe_load(Path("tests/deploy/alerts.yml").read_text(encoding="utf-8"))["tests"]
    ringing = {test["alertname"] for story in stories for test in story["alert_rule_test"] if test["exp_alerts"]}
    assert ringing == {rule["alert"] for rule in rules()}


def test_the_configuration_is_valid(tmp_path: Path) -> None:
    configuration = (DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")
    token = tmp_path / "operator-token"
    token.write_text("a token that is read from a file")
    (tmp_path / "alerts.yml").write_text(ALERTS.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "prometheus.yml").write_text(configuration.replace("/run/legwork/operator-token", str(token)))
    run("promtool", "check", "config", str(tmp_path / "prometheus.yml"))


@pytest.mark.parametrize("expression", expressions())
def test_only_series_and_labels_that_the_service_shows_are_asked_for(
    expression: str, labels: dict[str, set[str]]
) -> None:
    asked = re.findall(r"(legwork_\w+)(?:\{([^}]*)\})?", expression)
    allowed = set[str]()
    for series, selector in asked:
        assert series in labels, f"{series} is no series of the service"
        assert set(re.findall(r"(\w+)\s*=?[=~!]", selector)) <= labels[series] | OF_THE_TARGET
        allowed |= labels[series] | OF_THE_TARGET
    for grouped in re.findall(r"by \(([\w, ]+)\)", expression):
        assert set(grouped.split(", ")) <= allowed


@pytest.mark.parametrize(("label", "kind"), [("endpoint", Endpoint), ("source", Source)])
def test_labels_are_compared_with_values_that_occur(label: str, kind: Any) -> None:
    found = {
        value
        for expression in expressions()
        for values in re.findall(rf'{label}=~?"([^"]*)"', expression)
        for value in values.split("|")
    }
    assert found
    assert found <= set(get_args(kind))


def test_the_dashboard_shows_everything_that_is_counted(labels: dict[str, set[str]]) -> None:
    shown = set(re.findall(r"legwork_\w+", " ".join(expressions())))
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in labels if name.startswith("legwork_")}
    assert families == {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown}


def test_each_alarm_is_explained_to_whom_it_wakes() -> None:
    page = Path("docs/operating.md").read_text(encoding="utf-8")
    assert [rule["alert"] for rule in rules() if f"`{rule['alert']}`" not in page] == []
