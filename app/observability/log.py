"""Structured logs: one JSON object a line. What may have come from a client or a chart is not written."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Sequence

from app.observability.buffer import BufferedWriter
from app.observability.log_line import format_record

_ATOMIC = 4096
"""PIPE_BUF on Linux: several workers write to one pipe, and a longer write could be torn apart by another's."""


class LogWriter:
    """Writes lines to a file descriptor, at the latest after 0.2 s, at once from warnings up; never makes a call wait.

    When whoever reads cannot keep up, 20,000 lines wait; what comes then is lost, told to `on_lost`, and in the log.
    """

    def __init__(self, descriptor: int = 2, *, capacity: int = 20_000, interval: float = 0.2) -> None:
        self._descriptor = descriptor
        self.on_lost: Callable[[int], None] = lambda _lines: None
        self._buffer: BufferedWriter[bytes] = BufferedWriter(
            self, name="log-writer", capacity=capacity, interval=interval
        )

    def put(self, line: bytes) -> None:
        """Take a line without its end."""
        self._buffer.put(line)

    def hurry(self) -> None:
        """Write what waits now."""
        self._buffer.hurry()

    def close(self) -> None:
        """Write what waits; lines that still come are written by who logs them."""
        self._buffer.close()

    def write(self, lines: Sequence[bytes]) -> int:
        """Write as many lines as go out in one piece."""
        chunk, taken = b"", 0
        for line in lines:
            if taken and len(chunk) + len(line) >= _ATOMIC:
                break
            chunk, taken = chunk + line + b"\n", taken + 1
        while chunk:
            chunk = chunk[os.write(self._descriptor, chunk) :]
        return taken

    def failed(self, _error: Exception) -> None:
        """The lines wait and are tried again; there is nowhere to say so."""

    def tick(self) -> None:
        """Tell how many lines were lost."""
        lost = self._buffer.take_lost()
        if lost:
            self.on_lost(lost)
            logging.getLogger(__name__).error("%d log lines were lost: whoever reads the log cannot keep up", lost)


class JsonHandler(logging.Handler):
    """Turns log records into lines; a record that cannot be formatted becomes a line that says so."""

    def __init__(self, writer: LogWriter) -> None:
        super().__init__()
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        """Format and hand over."""
        try:
            line = format_record(record)
        except Exception:  # noqa: BLE001 (logging must not break what is being logged)
            line = b'{"level":"error","message":"a log record could not be formatted"}'
        self._writer.put(line)
        if record.levelno >= logging.WARNING:
            self._writer.hurry()


def configure_logging(level: str = "info", descriptor: int = 2) -> LogWriter:
    """Send every log record, uncaught exception and warning of this process through one writer; close it at the end.

    `level` is for our own loggers and uvicorn's; of the others only warnings and worse are written.
    """
    writer = LogWriter(descriptor)
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, JsonHandler)]:
        root.removeHandler(handler)
    root.addHandler(JsonHandler(writer))
    root.setLevel(logging.WARNING)
    for name in ("app", "uvicorn", "uvicorn.error"):
        _inherit(name, level.upper())
    access = logging.getLogger("uvicorn.access")
    access.handlers, access.propagate = [], False  # it writes paths and addresses of clients
    logging.captureWarnings(capture=True)
    _install_hooks()
    return writer


def _inherit(name: str, level: str) -> None:
    logger = logging.getLogger(name)
    logger.handlers, logger.propagate = [], True
    logger.setLevel(level)


def _install_hooks() -> None:
    """Python's own hooks print messages and source lines, which may hold what the chart said."""
    log = logging.getLogger(f"{__name__}.uncaught")
    sys.excepthook = lambda kind, error, trace: log.critical("uncaught", exc_info=(kind, error, trace))
    threading.excepthook = lambda args: log.critical("uncaught in a thread", exc_info=args.exc_value)
    sys.unraisablehook = lambda args: log.error("ignored", exc_info=args.exc_value)
