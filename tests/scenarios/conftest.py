"""Whole patients, put to a real server whose clock stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from app.knowledge.knowledge import load_knowledge
from app.knowledge.vocabulary import Vocabulary
from app.settings import CARDS
from tests.support.serving import development, serving

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
NOW = "2026-11-22T09:00:00Z"
Json = dict[str, Any]


class ExpectedCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A card that must be there. An order whose priority is null may have any."""

    id: str
    level: str
    orders: dict[str, str | None] = {}


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a clinician wants of a fixture, written before it was run; fixtures/README.md names the keys."""

    now: str
    decisions: list[int]
    cards: list[ExpectedCard]
    absent: list[str]
    says: dict[str, list[str]] = {}
    never_says: dict[str, list[str]] = {}
    says_on_any_card: list[str] = []
    notes: dict[str, str] = {}
    not_ordered: list[str] = []
    left_out: list[str] = []
    unavailable: list[str] = []


@dataclass(frozen=True)
class Scenario:
    """One folder of fixtures."""

    folder: Path

    @property
    def request(self) -> bytes:
        """The body of the call."""
        return (self.folder / "request.json").read_bytes()

    @property
    def expected(self) -> Expected:
        """What must hold."""
        return msgspec.json.decode((self.folder / "expected.json").read_bytes(), type=Expected)

    @property
    def response(self) -> Json:
        """The answer that we stand by."""
        stored: Json = msgspec.json.decode((self.folder / "response.json").read_bytes())
        return without_what_varies(stored)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `patient`, `silent` or `scenario` runs once for each such fixture."""
    folders = {"patient": ["patients"], "silent": ["silent"], "scenario": ["patients", "silent"]}
    for name in set(folders) & set(metafunc.fixturenames):
        found = [path for kind in folders[name] for path in sorted((FIXTURES / kind).iterdir()) if path.is_dir()]
        metafunc.parametrize(name, [Scenario(path) for path in found], ids=[path.name for path in found])


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    """The names of orders."""
    return load_knowledge(CARDS).vocabulary


@pytest.fixture(scope="session")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Scenario], Json]]:
    """Post a scenario to the service as a client would; the answer without what differs from call to call."""
    settings = development(tmp_path_factory.mktemp("data"))
    with (
        serving(settings, lambda: datetime.fromisoformat(NOW)) as url,
        httpx.Client(base_url=url, trust_env=False) as client,
    ):
        yield lambda scenario: _post(client, scenario)


def _post(client: httpx.Client, scenario: Scenario) -> Json:
    answer = client.post(
        "/cds-services/leg-weakness-workup",
        content=scenario.request,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == httpx.codes.OK, answer.text
    return without_what_varies(answer.json())


def without_what_varies(value: Json) -> Json:
    """The same without uuids, the hash of the knowledge (any edit in cards/ changes it) and links to our own pages."""
    return {key: _inside(one) for key, one in value.items() if key not in ("uuid", "hash")}


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return without_what_varies(value)
    if isinstance(value, list):
        return [_inside(one) for one in value if not _is_own_page(one)]
    return value


def _is_own_page(value: Any) -> bool:
    """Links to the pages of the service itself depend on where it runs."""
    return isinstance(value, dict) and str(value.get("url", "")).startswith("http://127.0.0.1:")
