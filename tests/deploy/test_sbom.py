"""The bill of materials that `make sbom` writes lists what the lock file pins."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

LOCK = Path("requirements.lock")
RECIPE = re.compile(r"^\t\$\(BIN\)/cyclonedx-py (.*?)(?<!\\)$", re.MULTILINE | re.DOTALL)


def test_the_bill_of_materials_is_valid_and_whole(tmp_path: Path) -> None:
    """The tool validates what it writes, and fails when it is not valid."""
    (recipe,) = RECIPE.findall(Path("Makefile").read_text(encoding="utf-8"))
    written = tmp_path / "sbom.json"
    arguments = recipe.replace("\\\n", " ").replace("build/sbom.json", str(written)).split()
    command = [str(Path(sys.executable).with_name("cyclonedx-py")), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own words)
    assert done.returncode == 0, done.stderr
    bill = json.loads(written.read_text(encoding="utf-8"))
    listed = {(one["name"], one["version"]) for one in bill["components"]}
    assert listed == set(re.findall(r"^([\w.-]+)==([^ ]+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE))
    assert bill["metadata"]["component"]["name"] == "legwork"
    assert all(reference["hashes"] for one in bill["components"] for reference in one["externalReferences"])
