"""Files that look like knowledge and that nobody reads: a card in one of them would never speak."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from app.errors import Problem
from app.knowledge.knowledge import CARD_FOLDERS

_NO_CARDS = ("evaluation.yaml", "override_reasons.yaml")
_CASES = ".cases.yaml"


def overlooked(folder: Path) -> Iterator[Problem]:
    """Each with what was expected. Names that begin with `_` are for templates."""
    for place in (".", "vocabulary", *CARD_FOLDERS):
        for path in sorted((folder / place).glob("[!_]*.y*ml")):
            if expected := _expected(path, place):
                yield Problem(path.relative_to(folder).as_posix(), 1, f"nobody reads this file: {expected}")


def _expected(path: Path, place: str) -> str | None:
    if path.suffix != ".yaml":
        return f"`{path.stem}.yaml` was expected"
    if place == "." and path.name not in _NO_CARDS:
        return f"a card was expected in one of the folders {', '.join(CARD_FOLDERS)}"
    card = path.name.removesuffix(_CASES) + ".yaml"
    if place in CARD_FOLDERS and path.name.endswith(_CASES) and not path.with_name(card).exists():
        return f"the card `{card}` was expected beside it"
    return None
