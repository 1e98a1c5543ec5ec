"""Checks chains of audit records against what was registered of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from app.observability.chain import FIRST, day_and_chain, hash_of
from app.observability.registry import RegisteredChain

Kind = Literal["altered", "removed", "reordered", "truncated", "added", "missing", "unregistered", "lost", "unclosed"]
HARMLESS: frozenset[Kind] = frozenset({"lost", "unclosed"})
"""Not tampering: records that found no room, and a chain whose process was killed or is still running."""


@dataclass(frozen=True, slots=True, order=True)
class ChainProblem:
    """What is wrong with a chain, and from which line of its file on; lines count from 1, 0 is the whole file."""

    file: str
    line: int
    kind: Kind
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.kind}: {self.message}"

    @property
    def is_tampering(self) -> bool:
        """Whether somebody changed what was written."""
        return self.kind not in HARMLESS


class _Sealed(Struct):
    """What verification reads of a record."""

    index: int
    previous: str = FIRST
    lost: int = 0


_Found = tuple[int, Kind, str]
_decoder = msgspec.json.Decoder(_Sealed)


def verify(folder: Path, registered: Iterable[RegisteredChain]) -> list[ChainProblem]:
    """All problems of all chains, none when nothing was tampered with and every process ended in order."""
    known = {chain.id: chain for chain in registered}
    files = {named[1]: path for path in folder.glob("*.jsonl") if (named := day_and_chain(path))}
    problems = [ChainProblem(chain, 0, "missing", "the file is gone") for chain in known.keys() - files.keys()]
    for chain, path in files.items():
        if chain in known:
            problems += _check(path, known[chain])
        else:
            problems.append(ChainProblem(path.name, 0, "unregistered", "no such chain was registered"))
    return sorted(problems)


def _check(path: Path, chain: RegisteredChain) -> list[ChainProblem]:
    *lines, torn = path.read_bytes().split(b"\n")
    problems = []
    for found in _check_records(lines, chain):
        problems.append(ChainProblem(path.name, *found))
        if problems[-1].is_tampering:
            return problems  # what follows is sealed by what was changed
    problems += (ChainProblem(path.name, *found) for found in _check_end(len(lines), bool(torn), chain))
    return problems


def _check_records(lines: Sequence[bytes], chain: RegisteredChain) -> Iterator[_Found]:
    previous = FIRST
    for number, line in enumerate(lines):
        try:
            record = _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            yield number + 1, "altered", "the line is not a record"
            return
        if record.index != number:
            yield _out_of_place(record.index, number, lines)
        elif record.previous != previous:
            yield number, "altered", "the record is not the one that the next one seals"
        previous = hash_of(line)
        if number == 0 and previous != chain.first_hash:
            yield 1, "altered", "the first record is not the registered one"
        if number == chain.last_index and previous != chain.last_hash:
            yield number + 1, "altered", "the record is not the one that was registered as last"
        if record.lost:
            yield number + 1, "lost", f"{record.lost} records found no room before this one"


def _out_of_place(index: int, number: int, lines: Sequence[bytes]) -> _Found:
    stands_later = any(line.startswith(b'{"index":%d,' % number) for line in lines[number + 1 :])
    if index < number or stands_later:
        return number + 1, "reordered", f"record {index} stands where record {number} was expected"
    return number + 1, "removed", f"records {number} to {index - 1} are gone"


def _check_end(records: int, torn: bool, chain: RegisteredChain) -> Iterator[_Found]:
    expected = chain.last_index + 1
    if records < expected:
        yield records, "truncated", f"{expected - records} records are gone from the end"
    elif chain.closed and (records > expected or torn):
        yield expected + 1, "added", "something was added after the registered end"
    if not chain.closed:
        half = ", in the middle of a record" if torn else ""
        yield records, "unclosed", f"the process was killed{half}, or it is still running"
