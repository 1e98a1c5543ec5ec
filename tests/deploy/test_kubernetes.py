"""The Kubernetes manifests: valid, confined, and in step with the settings and the image."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped] # it carries no annotations
import pytest
import yaml

from app.clients.read import read_clients
from app.environment import PREFIX
from app.settings import Settings
from tests.deploy.tools import DEPLOY, documents, run

FOLDER = DEPLOY / "kubernetes"
KUSTOMIZATION = "kustomization.yaml"
SECRET = "secret.example.yaml"  # noqa: S105 (the name of a file)
FILES = sorted(file for file in FOLDER.glob("*.yaml") if file.name != KUSTOMIZATION)


def manifests() -> list[dict[str, Any]]:
    return [document for file in FILES for document in documents(file)]


def named(kind: str, name: str = "legwork") -> dict[str, Any]:
    (found,) = [one for one in manifests() if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found


def pod_specs(value: Any) -> Iterator[dict[str, Any]]:
    """Everything, at any depth, that has containers."""
    if isinstance(value, list):
        for one in value:
            yield from pod_specs(one)
    elif isinstance(value, dict):
        if "containers" in value:
            yield value
        for one in value.values():
            yield from pod_specs(one)


@pytest.fixture
def pod() -> dict[str, Any]:
    spec: dict[str, Any] = named("Deployment")["spec"]["template"]["spec"]
    return spec


@pytest.mark.parametrize("version", ["1.30", "1.37"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_manifest_is_valid(file: Path, version: str) -> None:
    for document in documents(file):
        kubernetes_validate.validate(document, version, strict=True)


def test_a_misspelt_field_is_not_valid() -> None:
    deployment = named("Deployment")
    deployment["spec"]["template"]["spec"]["enableServiceLink"] = False
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, "1.37", strict=True)


def test_kustomize_takes_every_manifest_but_the_secret(tmp_path: Path) -> None:
    resources = yaml.safe_load((FOLDER / KUSTOMIZATION).read_text(encoding="utf-8"))["resources"]
    assert sorted(resources) == [file.name for file in FILES if file.name != SECRET]
    built = list(yaml.safe_load_all(run("kubectl", "kustomize", str(FOLDER), HOME=str(tmp_path))))
    assert len(built) == len(manifests()) - 1


def test_no_pod_gets_variables_from_services() -> None:
    """A Service named legwork would set LEGWORK_PORT, which refuses to start."""
    files = [file for ending in ("*.yaml", "*.yml") for file in Path("docs").rglob(ending)]
    pods = [spec for file in files for document in documents(file) for spec in pod_specs(document)]
    assert pods
    assert all(spec.get("enableServiceLinks") is False for spec in pods)


def test_the_settings_are_valid(pod: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (container,) = pod["containers"]
    variables = dict(named("ConfigMap")["data"])
    secrets = named("Secret")["stringData"]
    for variable in container["env"]:
        path = Path(variable["value"])
        content = secrets.get(path.name) or named("ConfigMap", "legwork-clients")["data"][path.name]
        (tmp_path / path.name).write_text(content, encoding="utf-8")
        variables[variable["name"]] = str(tmp_path / path.name)
    for name, value in variables.items():
        assert name.startswith(PREFIX)
        monkeypatch.setenv(name, value)
    settings = Settings(host="0.0.0.0")  # noqa: S104 (what the image sets)
    settings.require_servable()
    assert settings.clients_file is not None
    assert read_clients(settings.clients_file)


def test_secrets_come_from_files_only(pod: dict[str, Any]) -> None:
    (container,) = pod["containers"]
    assert not [variable for variable in container["env"] if "valueFrom" in variable]
    mounted = {key for volume in pod["volumes"] for key in volume if key == "secret"}
    assert mounted == {"secret"}


def test_a_pod_has_the_time_that_it_needs_to_stop(pod: dict[str, Any]) -> None:
    data = named("ConfigMap")["data"]
    needed = float(data["LEGWORK_DRAIN_DELAY"]) + float(data["LEGWORK_SHUTDOWN_TIMEOUT"])
    assert pod["terminationGracePeriodSeconds"] > needed


def test_the_drain_delay_outlasts_the_readiness_probe(pod: dict[str, Any]) -> None:
    (container,) = pod["containers"]
    probe = container["readinessProbe"]
    noticed = probe["periodSeconds"] * probe["failureThreshold"]
    assert float(named("ConfigMap")["data"]["LEGWORK_DRAIN_DELAY"]) > noticed


def test_the_pod_is_confined_and_runs_as_the_user_of_the_image(pod: dict[str, Any]) -> None:
    """As https://kubernetes.io/docs/concepts/security/pod-security-standards/ has it under "restricted"."""
    (container,) = pod["containers"]
    (user,) = re.findall(r"^USER (\d+):\d+$", Path("Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == int(user)
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_everything_selects_the_pods_of_the_deployment() -> None:
    labels = named("Deployment")["spec"]["template"]["metadata"]["labels"]
    assert named("Deployment")["spec"]["selector"]["matchLabels"] == labels
    assert named("Service")["spec"]["selector"] == labels
    assert named("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    assert named("NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == labels
    assert named("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]["name"] == "legwork"
