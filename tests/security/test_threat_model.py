"""docs/security.md names tests that exist, and each attack that was asked for has one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")]
NAMED = re.compile(r"`(test_\w+)`")
ATTACKS = (
    *(
        "alg none",
        "hs256 with the public key",
        "kid injection",
        "unlisted jku",
        "jku redirect",
        "expired",
        "not yet valid",
    ),
    *("too long-lived", "replay within", "replay across processes", "wrong aud", "aud of another service"),
    *("service's aud on feedback", "missing claims", "huge token", "fhirserver at a metadata address"),
    *(
        "dns name resolving to loopback",
        "rebinding",
        "next link to another origin",
        "token leak by redirect",
        "zip bomb",
    ),
    *(
        "deep json",
        "too many entries",
        "duplicate keys",
        "nan and 1e400",
        "invalid utf-8",
        "nul bytes",
        "path tricks in ids",
    ),
    *(
        "markdown injection",
        "autolink",
        "html in display",
        "in units",
        "in text and names",
        "crlf in the correlation id",
    ),
    *("slowloris in headers", "slowloris in a body", "10,000 concurrent calls", "sigterm under load", "disk full"),
    *("database locked", "database away"),
)


def defined(folder: Path) -> set[str]:
    """The names of all tests under a folder."""
    found = re.compile(r"^\s*(?:async )?def (test_\w+)\(", re.MULTILINE)
    return {name for path in folder.rglob("test_*.py") for name in found.findall(path.read_text(encoding="utf-8"))}


def test_every_test_that_is_named_exists() -> None:
    named = set(NAMED.findall(PAGE))
    assert len(named) > 80
    assert named - defined(TESTS) == set()


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_attack_is_answered_by_a_test(attack: str) -> None:
    tests = {name for row in ROWS if attack in row[0].lower() for name in NAMED.findall(row[-1])}
    assert tests & defined(TESTS / "security")


def test_every_threat_names_a_test() -> None:
    threats = PAGE[PAGE.index("## Threats") : PAGE.index("## What is kept")].splitlines()
    rows = [line for line in threats if line.startswith("| ") and not line.startswith("| threat")]
    assert len(rows) > 60
    assert [row for row in rows if not NAMED.search(row)] == []
