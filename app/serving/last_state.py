"""What was switched off when this was last known, in a file: for a start without the database."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import msgspec

from app.store.switches import SharedState

log = logging.getLogger(__name__)


class LastState:
    """A file that all workers of a machine share. It holds names of cards and clients, and nothing else."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def save(self, shared: SharedState) -> None:
        """Replace the file as a whole; a disk that is full is logged."""
        unfinished = self._path.with_name(f"{self._path.name}.{uuid4().hex}")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished.write_bytes(msgspec.json.encode(shared))
            unfinished.replace(self._path)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink()
            log.error("what is switched off cannot be kept in %s (%s)", self._path.name, type(error).__name__)

    def load(self) -> SharedState:
        """What is in the file; nothing is switched off when there is none, or none that can be read."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=SharedState)
        except FileNotFoundError:
            return SharedState(0, ())
        except (OSError, msgspec.DecodeError) as error:
            log.error("what was switched off cannot be read from %s (%s)", self._path.name, type(error).__name__)
            return SharedState(0, ())
