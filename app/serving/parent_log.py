"""The log of a process that forks."""

from __future__ import annotations

import logging
import os

from app.observability.log_line import format_record


class DirectHandler(logging.Handler):
    """Writes each line at once: a thread that writes does not live on in a fork, and its locks stay as they are."""

    def emit(self, record: logging.LogRecord) -> None:
        """Format and write."""
        os.write(2, format_record(record) + b"\n")


def log_directly() -> None:
    """Send all log records of this process to the standard error output, as JSON."""
    logging.getLogger().addHandler(DirectHandler())


def forget_parent() -> None:
    """In a fork, before its own logging is configured."""
    logging.getLogger().handlers.clear()
