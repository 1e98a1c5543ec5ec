"""What the files for operators are checked with. A tool that is not there is named in the reason of the skip."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

DEPLOY = Path("docs/deploy")


def run(name: str, *arguments: str, **environment: str) -> str:
    """What a program printed, which must succeed; skips the test when it is not installed."""
    program = find(name)
    done = subprocess.run(  # noqa: S603 (our own words)
        [program, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def find(name: str) -> str:
    """The path of a program; skips the test when it is not installed."""
    program = shutil.which(name, path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    if program is None:
        pytest.skip(f"{name} is not installed")
    return program


def documents(path: Path) -> list[dict[str, Any]]:
    """All YAML documents of a file."""
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
