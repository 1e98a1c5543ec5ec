"""Files for issued cards that could not be written to the database before the process had to end."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import msgspec

from app.store.records import IssuedCard

log = logging.getLogger(__name__)

_decoder = msgspec.json.Decoder(IssuedCard)


class Spool:
    """A folder with one file for each process that left something behind: a card a line, as JSON."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, cards: Sequence[IssuedCard]) -> Path:
        """Write a file that is complete, and on the disk, once it has its name; raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"issued-cards-{uuid4()}.jsonl"
        unfinished = path.with_suffix(".unfinished")
        try:
            _write(unfinished, msgspec.json.Encoder().encode_lines(cards))
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
        unfinished.rename(path)
        _sync(self._folder)
        return path

    def files(self) -> list[Path]:
        """What was left behind."""
        return sorted(self._folder.glob("issued-cards-*.jsonl"))

    def load(self, path: Path) -> list[IssuedCard]:
        """The cards of a file: none when another worker was faster, or when it cannot be read, which is logged."""
        try:
            return _decoder.decode_lines(path.read_bytes())
        except FileNotFoundError:
            return []
        except (msgspec.DecodeError, UnicodeDecodeError):
            log.error("%s holds no issued cards; it is set aside as .unreadable", path.name)
            path.rename(path.with_suffix(".unreadable"))
            return []

    def remove(self, path: Path) -> None:
        """The cards of the file are in the database."""
        path.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """The name of a new file is on the disk only when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
