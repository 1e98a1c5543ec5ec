"""Signals to a process that does not answer calls yet."""

from __future__ import annotations

import signal
import sys


def heed_early_signals() -> None:
    """Asked to end, it does; there is nothing to reload."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
