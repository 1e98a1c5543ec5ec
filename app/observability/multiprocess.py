"""The folder through which the workers of one service share their metrics.

prometheus_client decides when it is imported whether it counts in memory or in files of this folder, so this module
must not import it.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_MEMORY = Path("/dev/shm")  # noqa: S108 (a folder of our own is made in it)


def prepare_folder(folder: Path | None = None) -> Path:
    """Make and empty the folder and name it in the environment, for this process and the workers it starts.

    To be called once, by the process that starts the workers, before prometheus_client is imported anywhere; raises
    OSError when the folder cannot be used. Without a folder one is made
    in memory, since each call writes to it, and removed when this process ends.
    """
    if folder is None:
        parent = _MEMORY if os.access(_MEMORY, os.W_OK) else None
        folder = Path(tempfile.mkdtemp(prefix="legwork-metrics-", dir=parent))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in folder.glob("*.db"):
        old.unlink()
    os.environ[_VARIABLE] = str(folder)
    return folder


def shared_folder() -> Path | None:
    """The folder that was prepared, if one was."""
    folder = os.environ.get(_VARIABLE)
    return Path(folder) if folder else None


def dead_processes(folder: Path) -> set[int]:
    """Workers that left files behind and are gone: what they had in hand is no longer true."""
    workers = {int(path.stem.rpartition("_")[2]) for path in folder.glob("gauge_live*.db")}
    return {worker for worker in workers if not Path(f"/proc/{worker}").exists()}
