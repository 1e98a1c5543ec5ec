"""Whether advisories are known for what the lock file pins: `python -m tests.security.dependencies`.

pip-audit by itself says "No known vulnerabilities found" when it could look up none of the packages. Here that is a
failure of its own: exit code 0 when all were looked up and nothing is known, 1 when something is known, 2 when it could
not look.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

LOCK = Path("requirements.lock")
_COMMAND = ("-m", "pip_audit", "--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off")
_PATIENCE_SECONDS = 600


class Advisory(Struct):
    """One known weakness."""

    id: str
    fix_versions: list[str] = []
    aliases: list[str] = []


class Pinned(Struct):
    """One package; `skip_reason` when it could not be looked up."""

    name: str
    version: str = ""
    vulns: list[Advisory] = []
    skip_reason: str | None = None


class Report(Struct):
    """What pip-audit says as JSON."""

    dependencies: list[Pinned]


def judge(output: bytes) -> tuple[int, list[str]]:
    """The exit code for an output of pip-audit, and what to say."""
    try:
        pinned = msgspec.json.decode(output, type=Report).dependencies
    except msgspec.DecodeError:
        return 2, ["COULD NOT LOOK: pip-audit gave no report (no network, or no advisories there?)"]
    known = list(_known(pinned))
    missed = [one.name for one in pinned if one.skip_reason is not None]
    if missed or not pinned:
        known.append(
            f"COULD NOT LOOK at {len(missed)} of {len(pinned)} packages: {', '.join(missed) or 'none is pinned'}"
        )
        return (1 if len(known) > 1 else 2), known
    return (1, known) if known else (0, [f"{len(pinned)} packages were looked up; no advisory is known for any"])


def _known(pinned: list[Pinned]) -> Iterator[str]:
    for one in pinned:
        for advisory in one.vulns:
            names = ", ".join([advisory.id, *advisory.aliases])
            yield f"{one.name} {one.version}: {names}; fixed in {', '.join(advisory.fix_versions) or 'no version'}"


def main() -> int:
    """Ask pip-audit, and say what came of it."""
    try:
        asked = subprocess.run(  # noqa: S603 (our own words)
            [sys.executable, *_COMMAND, "--requirement", LOCK],
            capture_output=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        asked = subprocess.CompletedProcess((), 1, b"", b"no answer in time")
    code, lines = judge(asked.stdout)
    if not asked.stdout:
        lines.append(asked.stderr.decode(errors="replace").strip().rpartition("\n")[2])
    sys.stdout.write("\n".join(lines) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
