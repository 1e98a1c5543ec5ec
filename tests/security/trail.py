"""An audit trail with a registry that other processes can reach."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.errors import Unavailable
from app.observability.audit import Audit, AuditFailure
from app.observability.call import CallRecord, CardMark
from app.observability.registry import ChainRegistry, RegisteredChain
from app.observability.verify import ChainProblem, verify

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class Ledger:
    """A registry in a file of SQLite."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.away = False
        self._run(
            "create table if not exists chain (id text primary key, started real, first text, last integer,"
            " hash text, closed integer default 0)"
        )

    def open_chain(self, chain: str, started: datetime, first_hash: str) -> None:
        """As ChainRegistry has it."""
        values = (chain, started.timestamp(), first_hash, first_hash)
        self._run("insert or ignore into chain (id, started, first, last, hash) values (?, ?, ?, 0, ?)", values)

    def advance_chain(self, chain: str, last_index: int, last_hash: str) -> None:
        """As ChainRegistry has it."""
        self._run("update chain set last = ?, hash = ? where id = ?", (last_index, last_hash, chain))

    def close_chain(self, chain: str, last_index: int, last_hash: str) -> None:
        """As ChainRegistry has it."""
        self._run("update chain set last = ?, hash = ?, closed = 1 where id = ?", (last_index, last_hash, chain))

    def forget_chain(self, chain: str, started_before: datetime) -> None:
        """As ChainRegistry has it."""
        self._run("delete from chain where id = ? and started < ?", (chain, started_before.timestamp()))

    def chains(self) -> list[RegisteredChain]:
        """All that are registered."""
        rows = self._run("select id, first, last, hash, closed from chain")
        return [RegisteredChain(name, first, last, seal, bool(closed)) for name, first, last, seal, closed in rows]

    def _run(self, statement: str, values: tuple[object, ...] = ()) -> list[tuple[str, str, int, str, int]]:
        if self.away:
            raise Unavailable("the registry is away")
        connection = sqlite3.connect(self._path)
        try:
            with connection:
                return connection.execute(statement, values).fetchall()
        finally:
            connection.close()


@dataclass
class Trail:
    """A folder of chains and its registry; `failures` are those that the audit trail told of."""

    home: Path
    failures: list[tuple[AuditFailure, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.home / "ledger.sqlite")
        self.folder = self.home / "audit"

    def open(self, registry: ChainRegistry | None = None, capacity: int = 1000) -> Audit:
        """The trail, to be written to."""
        return Audit(
            self.folder,
            registry or self.ledger,
            keep_days=30,
            on_failure=lambda kind, times: self.failures.append((kind, times)),
            capacity=capacity,
        )

    def write(self, calls: int, *, at: datetime = NOW) -> Path:
        """A finished chain of so many calls; its file."""
        before = set(self.files())
        audit = self.open()
        for number in range(calls):
            audit.record(call(number, at))
        audit.close()
        (path,) = set(self.files()) - before
        return path

    def files(self) -> list[Path]:
        """The chains' files, oldest first."""
        return sorted(self.folder.glob("*"))

    def problems(self) -> list[ChainProblem]:
        """What verification finds."""
        return verify(self.folder, self.ledger.chains())

    def kinds(self) -> list[str]:
        """Of what kind that is."""
        return [problem.kind for problem in self.problems()]


def call(number: int = 0, at: datetime = NOW) -> CallRecord:
    """A call that was answered, a millisecond after the one before."""
    return CallRecord(
        started=at + timedelta(milliseconds=number),
        correlation=f"correlation-{number}",
        endpoint="call",
        service="leg-weakness-workup",
        client="https://ehr.example.org",
        status=200,
        cards=[CardMark("some-card", "critical")],
        shadow=[CardMark("other-card", "info")],
        knowledge="1.2.3",
        patient="a" * 64,
        user="b" * 64,
    )
