"""The requirements of CDS Hooks by id, and which tests carry them in their names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

LIST = Path(__file__).resolve().parents[1] / "contract" / "requirements.yaml"
_NAMED = re.compile(r"test_([a-z]\d+)_(\w+)")


@dataclass(frozen=True)
class Requirement:
    """One thing that a service owes its clients."""

    id: str
    level: str
    text: str


@dataclass(frozen=True)
class Section:
    """Requirements that belong together."""

    title: str
    requirements: tuple[Requirement, ...]


def sections() -> tuple[Section, ...]:
    """All of them, in their order."""
    read = yaml.safe_load(LIST.read_text(encoding="utf-8"))
    return tuple(Section(one["title"], tuple(Requirement(**each) for each in one["requirements"])) for one in read)


def requirements() -> tuple[Requirement, ...]:
    """All of them."""
    return tuple(one for section in sections() for one in section.requirements)


def carried_by(test: str) -> str | None:
    """The id that a test is named after; parameters in brackets do not matter."""
    found = _NAMED.match(test)
    return found[1].upper() if found else None


def sentence(test: str) -> str:
    """What the name of a test says, without the id."""
    found = _NAMED.match(test)
    return (found[2] if found else test).replace("_", " ")
