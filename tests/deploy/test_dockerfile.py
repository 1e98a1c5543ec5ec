"""The Dockerfile: what it promises, as far as it can be read from it."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.deploy.tools import DEPLOY

TEXT = Path("Dockerfile").read_text(encoding="utf-8")
STEPS = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE)).splitlines()
VERSION = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def steps(instruction: str) -> list[str]:
    return [step.removeprefix(f"{instruction} ") for step in STEPS if step.startswith(f"{instruction} ")]


def test_only_what_the_lock_pins_is_installed() -> None:
    installs = [step for step in steps("RUN") if "pip" in step and "install" in step]
    assert any("--require-hashes" in step and "requirements.lock" in step for step in installs)
    assert all("--require-hashes" in step or "--no-index" in step for step in installs)


def test_everything_that_is_copied_is_there_and_not_ignored() -> None:
    let_through = re.findall(r"^!(.+)$", Path(".dockerignore").read_text(encoding="utf-8"), re.MULTILINE)
    copied = [source for step in steps("COPY") if not step.startswith("--from") for source in step.split()[:-1]]
    assert sorted(copied) == sorted(let_through)
    assert all(Path(source).exists() for source in copied)


def test_it_runs_as_a_user_without_rights() -> None:
    (user,) = steps("USER")
    assert int(user.split(":")[0]) > 0
    assert STEPS.index(f"USER {user}") > max(index for index, step in enumerate(STEPS) if step.startswith("RUN"))


@pytest.mark.parametrize("instruction", ["ENTRYPOINT", "CMD"])
def test_no_shell_stands_between_a_signal_and_the_service(instruction: str) -> None:
    (command,) = steps(instruction)
    assert json.loads(command)[0] in {"legwork", "serve"}


def test_the_example_has_cards_link_to_the_port_that_it_publishes() -> None:
    example = TEXT.partition("FROM")[0]
    (port,) = re.findall(r"--publish (\S+):8000", example)
    assert f"--env LEGWORK_PUBLIC_URL=http://{port} " in example


def test_no_step_needs_a_newer_builder() -> None:
    assert "--link" not in TEXT
    assert "<<" not in TEXT


def test_image_and_manifests_have_the_version_of_the_project() -> None:
    assert f"VERSION={VERSION}" in steps("ARG")
    kustomization = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text(encoding="utf-8"))
    assert [image["newTag"] for image in kustomization["images"]] == [VERSION]
    assert f"image: legwork:{VERSION}" in (DEPLOY / "kubernetes" / "deployment.yaml").read_text(encoding="utf-8")
