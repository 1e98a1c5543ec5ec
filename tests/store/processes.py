"""Child processes over one database."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.store import Place

ROOT = Path(__file__).parent.parent.parent


@contextmanager
def child(deed: str, place: Place) -> Iterator[subprocess.Popen[str]]:
    """A process of tests/store/worker.py; killed when it is still there at the end."""
    command = [sys.executable, "-m", "tests.store.worker", deed, *place.arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=ROOT) as process:  # noqa: S603 (our own arguments)
        try:
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    """The next line that the process says."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go(process: subprocess.Popen[str]) -> None:
    """Let a process that is ready begin."""
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def finish(process: subprocess.Popen[str]) -> list[str]:
    """The lines that were left, of a process that must succeed."""
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return output.split("\n")[:-1]


def together(deed: str, place: Place, number: int) -> list[list[str]]:
    """What each of several processes said that began at the same moment."""
    with ExitStack() as stack:
        processes = [stack.enter_context(child(deed, place)) for _ in range(number)]
        assert [line(process) for process in processes] == ["ready"] * number
        for process in processes:
            go(process)
        return [finish(process) for process in processes]
