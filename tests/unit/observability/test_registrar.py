from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import pytest

from app.errors import Unavailable
from app.observability import registrar as module
from app.observability.chain import AuditRecord, ChainFile
from app.observability.registrar import Registrar
from app.observability.registry import RegistryOnLoop
from tests.unit.observability.records import NOW


class Ledger:
    """A registry that notes what it is told; `error` is raised in its place."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, int]] = []
        self.error: Exception | None = None
        self.asked = 0

    def open_chain(self, chain: str, started: datetime, first_hash: str) -> None:
        self._note("open", first_hash, 0)

    def advance_chain(self, chain: str, last_index: int, last_hash: str) -> None:
        self._note("advance", last_hash, last_index)

    def close_chain(self, chain: str, last_index: int, last_hash: str) -> None:
        self._note("close", last_hash, last_index)

    def forget_chain(self, chain: str, started_before: datetime) -> None:
        self._note("forget", chain, 0)

    def _note(self, what: str, seal: str, index: int) -> None:
        self.asked += 1
        if self.error:
            raise self.error
        self.told.append((what, seal, index))


@pytest.fixture
def chain(tmp_path: Path) -> ChainFile:
    return ChainFile(tmp_path, NOW)


def test_what_the_registry_could_not_take_comes_later_and_in_order(chain: ChainFile) -> None:
    ledger = Ledger()
    registrar = Registrar(ledger)
    ledger.error = Unavailable("away")
    registrar.opened(chain)
    with pytest.raises(Unavailable):
        registrar.work(chain)
    first = chain.last_hash
    chain.append([AuditRecord(time=NOW, event="call")])
    registrar.closed(chain)
    ledger.error = None
    registrar.work(None, last=True)
    assert ledger.told == [("open", first, 0), ("close", chain.last_hash, 1)]
    chain.close()


def test_a_registry_that_is_away_is_not_asked_again_at_once(chain: ChainFile) -> None:
    ledger = Ledger()
    registrar = Registrar(ledger)
    ledger.error = Unavailable("away")
    registrar.opened(chain)
    with pytest.raises(Unavailable):
        registrar.work(chain)
    registrar.work(chain)
    assert ledger.asked == 1
    chain.close()


def test_the_end_so_far_is_registered_now_and_then(chain: ChainFile, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, time = Ledger(), [1000.0]
    monkeypatch.setattr(module, "monotonic", lambda: time[0])
    registrar = Registrar(ledger)
    registrar.opened(chain)
    registrar.work(chain)
    chain.append([AuditRecord(time=NOW, event="call")])
    registrar.work(chain)
    assert [told[0] for told in ledger.told] == ["open"]
    time[0] += 61
    registrar.work(chain)
    registrar.work(chain)
    assert ledger.told[1:] == [("advance", chain.last_hash, 1)]
    chain.close()


def test_a_bug_is_raised_and_keeps_nothing_else_from_being_registered(chain: ChainFile) -> None:
    ledger = Ledger()
    registrar = Registrar(ledger)
    ledger.error = LookupError("a chain that was never opened")
    registrar.opened(chain)
    registrar.closed(chain)
    with pytest.raises(LookupError):
        registrar.work(chain)
    ledger.error = None
    registrar.work(None, last=True)
    assert [told[0] for told in ledger.told] == ["close"]
    chain.close()


def test_a_file_stays_until_the_registry_has_forgotten_its_chain(tmp_path: Path) -> None:
    ledger = Ledger()
    registrar = Registrar(ledger)
    old = tmp_path / "2020-01-01.old.jsonl"
    old.write_bytes(b"")
    ledger.error = Unavailable("away")
    registrar.expired(old, "old", NOW)
    with pytest.raises(Unavailable):
        registrar.work(None)
    assert old.exists()
    ledger.error = None
    registrar.work(None, last=True)
    assert not old.exists()
    assert ledger.told == [("forget", "old", 0)]


class Stuck:
    """A registry on the event loop that never answers."""

    async def open_chain(self, chain: str, started: datetime, first_hash: str, /) -> None:
        await asyncio.sleep(60)

    async def advance_chain(self, chain: str, last_index: int, last_hash: str, /) -> None:
        await asyncio.sleep(60)

    async def close_chain(self, chain: str, last_index: int, last_hash: str, /) -> None:
        await asyncio.sleep(60)

    async def forget_chain(self, chain: str, started_before: datetime, /) -> None:
        await asyncio.sleep(60)


async def test_a_registry_that_does_not_answer_counts_as_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.observability.registry._PATIENCE_SECONDS", 0.02)
    registry = RegistryOnLoop(Stuck(), asyncio.get_running_loop())
    with pytest.raises(Unavailable, match="in time"):
        await asyncio.to_thread(registry.open_chain, "a", NOW, "b")
