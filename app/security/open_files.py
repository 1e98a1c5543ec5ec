"""Room for connections: each is an open file to the system."""

from __future__ import annotations

import resource


def raise_open_files(wanted: int = 65_536) -> int:
    """Raise the soft limit on open files to what is wanted, or as near as the hard limit lets; returns what it is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    reachable = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft == resource.RLIM_INFINITY or soft >= reachable:
        return soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (reachable, hard))
    return reachable
