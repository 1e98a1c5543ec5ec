"""A knowledge folder whose only card is the template."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.support.charts import CARDS


def copy_template(cards: Path, stem: str) -> None:
    """Copy both templates as they tell; the stem is the folder of the card and its id."""
    for suffix in (".yaml", ".cases.yaml"):
        text = (CARDS / f"_template{suffix}").read_text(encoding="utf-8")
        (cards / f"{stem}{suffix}").write_text(text.replace("my-card", Path(stem).name), encoding="utf-8")


def template_alone(folder: Path) -> Path:
    """The vocabulary and rules of the repository, and one card with its cases: the template, as `toy`."""
    shutil.copytree(CARDS / "vocabulary", folder / "vocabulary")
    shutil.copy(CARDS / "override_reasons.yaml", folder)
    (folder / "causes").mkdir()
    copy_template(folder, "causes/toy")
    rules = (CARDS / "evaluation.yaml").read_text(encoding="utf-8")
    rules = rules.replace("quiet_card: baseline-workup", "quiet_card: toy")
    rules = re.sub(r"most_urgent_first: .*", "most_urgent_first: []", rules)
    (folder / "evaluation.yaml").write_text(rules, encoding="utf-8")
    return folder


def change(folder: Path, name: str, old: str, new: str) -> int:
    """Replace a text where it stands first; tell the line it stood on."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {name}"
    before, after = text.split(old, 1)
    path.write_text(before + new + after, encoding="utf-8")
    return before.count("\n") + 1
