"""The audit of dependencies never takes "could not look" for "nothing found"."""

from __future__ import annotations

import json
from typing import Any

from tests.security.dependencies import LOCK, judge

SAFE = {"name": "one", "version": "1.0", "vulns": []}
WEAK = {"name": "two", "version": "2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"], "aliases": ["CVE-1"]}]}
SKIPPED = {"name": "three", "skip_reason": "Dependency not found on PyPI and could not be audited: three (3.0)"}


def judged(*dependencies: dict[str, Any]) -> tuple[int, str]:
    code, lines = judge(json.dumps({"dependencies": dependencies, "fixes": []}).encode())
    return code, "\n".join(lines)


def test_all_looked_up_and_nothing_known_is_success() -> None:
    assert judged(SAFE) == (0, "1 packages were looked up; no advisory is known for any")


def test_what_is_known_is_told_with_its_fix() -> None:
    assert judged(SAFE, WEAK) == (1, "two 2.0: PYSEC-1, CVE-1; fixed in 2.1")


def test_a_package_that_could_not_be_looked_up_is_no_success() -> None:
    code, said = judged(SAFE, SKIPPED)
    assert code == 2
    assert said == "COULD NOT LOOK at 1 of 2 packages: three"


def test_what_is_known_is_told_even_when_others_could_not_be_looked_up() -> None:
    code, said = judged(WEAK, SKIPPED)
    assert code == 1
    assert "PYSEC-1" in said
    assert "COULD NOT LOOK" in said


def test_no_report_or_an_empty_one_is_no_success() -> None:
    assert judge(b"")[0] == 2
    assert judge(b"Traceback")[0] == 2
    assert judged()[0] == 2


def test_every_package_is_pinned_with_hashes() -> None:
    pins = LOCK.read_text(encoding="utf-8").replace("\\\n", "").splitlines()
    packages = [line for line in pins if line and not line.startswith((" ", "#"))]
    assert len(packages) > 20
    assert all("==" in line and "--hash=sha256:" in line for line in packages)
