"""A chain of audit records: one file, written by one process on one day, in which each record seals those before it.

The file is JSON Lines. A record holds the SHA-256 of the line before it, newline left out, so that no line can be
changed, taken out or moved without breaking the chain from there on. What is registered elsewhere (registry.py) seals
the ends.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Literal
from uuid import uuid4

import msgspec
from msgspec import Struct

from app.observability.call import CardMark

FIRST = "0" * 64
"""What the first record has in place of the hash of the one before."""


class AuditRecord(Struct, kw_only=True, omit_defaults=True):
    """One line. `lost` records are those that found no room; `patient` and `user` are pseudonyms."""

    index: int = -1
    previous: str = FIRST
    time: datetime
    event: Literal["opened", "call", "lost"]
    chain: str | None = None
    lost: int | None = None
    client: str | None = None
    endpoint: str | None = None
    service: str | None = None
    status: int | None = None
    error: str | None = None
    cards: list[CardMark] = []
    shadow: list[CardMark] = []
    knowledge: str | None = None
    correlation: str | None = None
    patient: str | None = None
    user: str | None = None


def hash_of(line: bytes) -> str:
    """The seal of a record: of its line without the end."""
    return sha256(line).hexdigest()


def file_name(day: date, chain: str) -> str:
    """The day comes first, so that a listing is in order."""
    return f"{day.isoformat()}.{chain}.jsonl"


def day_and_chain(path: Path) -> tuple[date, str] | None:
    """What a file's name says; None when it is no chain's."""
    day, _, chain = path.stem.partition(".")
    try:
        return date.fromisoformat(day), chain
    except ValueError:
        return None


class ChainFile:
    """A chain that is being written; `first_hash`, `last_index` and `last_hash` seal it. Methods raise OSError."""

    def __init__(self, folder: Path, opened: datetime) -> None:
        self.id = uuid4().hex
        self.opened = opened
        self.last_index = -1
        self.last_hash = FIRST
        self._path = folder / file_name(opened.date(), self.id)
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        self._size = 0
        try:
            self.append([AuditRecord(time=opened, event="opened", chain=self.id)])
        except OSError:
            os.close(self._descriptor)
            self._path.unlink(missing_ok=True)
            raise
        self.first_hash = self.last_hash

    def append(self, records: Sequence[AuditRecord]) -> None:
        """Number, seal and write the records; all of them or, when it raises, none."""
        index, previous, lines = self.last_index, self.last_hash, []
        for record in records:
            index += 1
            record.index, record.previous = index, previous
            lines.append(msgspec.json.encode(record))
            previous = hash_of(lines[-1])
        self._write(b"".join(line + b"\n" for line in lines))
        self.last_index, self.last_hash = index, previous

    def close(self) -> None:
        """Wait until everything is on the disk."""
        try:
            os.fsync(self._descriptor)
        finally:
            os.close(self._descriptor)

    def _write(self, data: bytes) -> None:
        rest = data
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            # A full disk takes a part of what it is given; half a record would break the chain.
            os.ftruncate(self._descriptor, self._size)
            raise
        self._size += len(data)
