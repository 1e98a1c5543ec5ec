"""Schemathesis against the running service: every operation of /openapi.json, with what fits it and what does not.

`python -m tests.contract.fuzz [COUNT]` sends 1,000 generated calls to each operation, beside those that Schemathesis
makes of each boundary in the description.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.charts import NOW
from tests.support.serving import development, serving

# That a call is refused where it does not fit the description is not asked for: unknown and ill-formed optional parts
# are tolerated by design (protocol M3, P8). Nor that it is accepted where it fits: the conditions may be missing (F2).
_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
)
_SECONDS_EACH = 10


def fuzz(count: int, seed: int, data_dir: Path) -> subprocess.CompletedProcess[str]:
    """Up to `count` generated calls for each operation; exit code 0 when no answer was wrong, and none was late."""
    tool = str(Path(sys.executable).with_name("schemathesis"))
    with serving(development(data_dir), lambda: NOW) as url:
        command = [tool, "run", f"{url}/openapi.json", "--checks", ",".join(_CHECKS), "--max-examples", str(count)]
        limits = ["--seed", str(seed), "--request-timeout", str(_SECONDS_EACH), "--phases", "examples,coverage,fuzzing"]
        options = ["--suppress-health-check", "all", "--warnings", "off", "--continue-on-failure"]
        return subprocess.run(  # noqa: S603 (our own words)
            [*command, *limits, *options], capture_output=True, text=True, cwd=data_dir, check=False
        )


def main(count: int) -> int:
    """Print what was found."""
    with tempfile.TemporaryDirectory() as folder:
        found = fuzz(count, seed=1, data_dir=Path(folder))
    print(found.stdout, found.stderr)  # noqa: T201 (a command)
    return found.returncode


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
