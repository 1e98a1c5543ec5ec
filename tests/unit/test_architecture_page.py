"""docs/architecture.md lists the layers that import-linter holds the code to."""

from __future__ import annotations

import re
import tomllib

from app.settings import CARDS

ROOT = CARDS.parent


def test_the_table_of_packages_is_that_of_the_layers_in_their_order() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.+?) \|", page, re.MULTILINE)
    described = [re.findall(r"`(\w+)`", cell) for cell in rows[: rows.index("`errors`") + 1]]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (layers,) = [one["layers"] for one in project["tool"]["importlinter"]["contracts"] if one["type"] == "layers"]
    assert described == [re.findall(r"app\.(\w+)", layer) for layer in layers]
