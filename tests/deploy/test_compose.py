"""The compose file: valid, private to this machine, and in step with the settings."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.clients.read import read_clients
from app.environment import file_variable, is_secret, variable
from app.settings import Settings
from tests.deploy.tools import DEPLOY

FILE = Path("docker-compose.yml")
TEXT = FILE.read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]


def value_of(text: str) -> str:
    """The default of what may be set in .env."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def environment() -> dict[str, str]:
    return {name: value_of(value) for name, value in SERVICES["legwork"]["environment"].items()}


def test_it_is_what_the_compose_specification_asks_for() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(FILE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own words)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_can_be_reached_from_other_machines() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published
    assert all(re.fullmatch(r"127\.0\.0\.1:[^:]+(:-\d+)?\}?:\d+", port) for port in published), published


def test_by_default_the_service_is_alone() -> None:
    assert {name for name, service in SERVICES.items() if "profiles" not in service} == {"legwork", "secrets"}
    assert {profile for service in SERVICES.values() for profile in service.get("profiles", [])} == {"full"}


def test_what_the_service_waits_for_beyond_its_profile_is_not_required() -> None:
    for name, terms in SERVICES["legwork"]["depends_on"].items():
        assert terms.get("required", True) is ("profiles" not in SERVICES[name])


def test_every_image_of_others_is_pinned() -> None:
    images = {service["image"] for service in SERVICES.values() if "build" not in service}
    assert len(images) == 4
    assert all(re.fullmatch(r"[\w./-]+:v?\d[\w.-]*", image) for image in images), images


def test_every_file_that_is_mounted_is_there() -> None:
    volumes = [volume for service in SERVICES.values() for volume in service.get("volumes", [])]
    mounted = [volume.split(":")[0] for volume in volumes if volume.startswith("./")]
    assert mounted
    assert all(Path(path).exists() for path in mounted)
    assert all(volume.endswith(":ro") for volume in volumes if volume.startswith("./"))


def test_the_settings_are_known_and_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = Settings.model_fields
    known = {variable(name) for name in fields} | {file_variable(name) for name in fields if is_secret(fields[name])}
    assert environment().keys() <= known
    for name, value in environment().items():
        if not name.endswith("_FILE"):
            monkeypatch.setenv(name, value)
    settings = Settings(host="0.0.0.0")  # noqa: S104 (what the image sets)
    settings.require_servable()
    assert settings.allow_unauthenticated


def test_the_sandbox_may_call_from_a_browser() -> None:
    clients = read_clients(DEPLOY / "compose" / "clients.yaml")
    assert clients.origins == {"https://sandbox.cds-hooks.org"}


def test_prometheus_reads_the_token_of_the_service() -> None:
    (job,) = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    assert job["authorization"]["credentials_file"] == environment()["LEGWORK_OPERATOR_TOKEN_FILE"]
    assert "secrets:/run/legwork:ro" in SERVICES["prometheus"]["volumes"]


def test_no_secret_is_written_down() -> None:
    written = re.findall(r"(?i)^\s*\w*(?:token|password|secret|key)\w*: *(\S+)", TEXT, re.MULTILINE)
    assert all(value.startswith("/run/legwork/") for value in written if value != "{condition:"), written


def test_the_service_has_the_time_that_it_needs_to_stop() -> None:
    needed = float(environment()["LEGWORK_DRAIN_DELAY"]) + float(environment()["LEGWORK_SHUTDOWN_TIMEOUT"])
    assert float(SERVICES["legwork"]["stop_grace_period"].removesuffix("s")) > needed


def test_the_example_of_the_environment_names_everything_that_can_be_changed() -> None:
    used = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", TEXT))
    shown = dict(re.findall(r"^#(DEMO_\w+)=(.*)$", Path(".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert shown == used
