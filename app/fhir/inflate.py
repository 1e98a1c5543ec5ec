"""Compressed answers, inflated in steps: what came out is counted before more does."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

STEP = 65_536
_GZIP = 16 + zlib.MAX_WBITS
_ENCODINGS = {"": None, "identity": None, "gzip": _GZIP, "x-gzip": _GZIP}


class NotInflatable(Exception):
    """Not what its Content-Encoding says, or in one that nobody asked for."""


class Inflation:
    """The content of one body; raises NotInflatable.

    Several encodings, one inside the other, are refused: three kilobytes hold gigabytes.
    """

    def __init__(self, encoding: str) -> None:
        name = encoding.strip().lower()
        if name not in _ENCODINGS:
            raise NotInflatable
        window = _ENCODINGS[name]
        self._stream = zlib.decompressobj(window) if window else None

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """What a chunk holds; when it is compressed, in pieces of at most STEP bytes."""
        if self._stream is None:
            yield chunk
            return
        while chunk and not self._stream.eof:
            try:
                yield self._stream.decompress(chunk, STEP)
            except zlib.error as error:
                raise NotInflatable from error
            chunk = self._stream.unconsumed_tail

    def rest(self) -> bytes:
        """What is left when the last chunk has come: a few bytes at most."""
        if self._stream is None:
            return b""
        rest = self._stream.flush()
        if not self._stream.eof:
            raise NotInflatable
        return rest
