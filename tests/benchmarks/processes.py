"""Servers as processes of their own, each kept on its core, with what they cost read from the kernel."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

SERVER_CORE = 0
GENERATOR_CORE = 1
_PATIENCE_SECONDS = 30.0
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; `start_seconds` passed from the start of its process to the first 200 on /readyz."""

    process: int
    url: str
    start_seconds: float

    def cpu_seconds(self) -> float:
        """What it and its workers have computed so far."""
        return sum(_cpu_seconds(one) for one in _family(self.process))

    def resident_bytes(self) -> int:
        """The memory that it and its workers have in use."""
        return sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) * _PAGE for one in _family(self.process))


@contextmanager
def running(
    command: Sequence[str], port: int, environment: Mapping[str, str], log: Path, cores: Sequence[int] = (SERVER_CORE,)
) -> Iterator[Server]:
    """A server while the block runs, its output in `log`.

    Raises RuntimeError when it does not come up or ends badly.
    """
    url = f"http://127.0.0.1:{port}"
    began = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 (our own commands)
            [*pinned(*cores), *command],
            env={**_plain_environment(), **environment},
            stdout=output,
            stderr=output,
        )
    try:
        _await_ready(process, url, log)
        yield Server(process.pid, url, time.perf_counter() - began)
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(_PATIENCE_SECONDS)
    if code not in (0, -signal.SIGTERM):
        raise RuntimeError(f"the server ended with {code}; see {log}")


def pinned(*cores: int) -> list[str]:
    """What a command begins with to be kept on these cores."""
    return ["taskset", "--cpu-list", ",".join(map(str, cores))]


def _plain_environment() -> dict[str, str]:
    """Without the settings of whoever runs the benchmark."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LEGWORK_")}


def _await_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.perf_counter() + _PATIENCE_SECONDS
    with httpx.Client(trust_env=False) as client:
        while time.perf_counter() < deadline:
            if process.poll() is not None:
                raise RuntimeError(f"the server ended at start with {process.returncode}; see {log}")
            if _is_ready(client, url):
                return
            time.sleep(0.01)
    raise RuntimeError(f"the server was not ready after {_PATIENCE_SECONDS:g} s; see {log}")


def _is_ready(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(f"{url}/readyz").is_success
    except httpx.TransportError:
        return False


def _family(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [process, *(one for child in children for one in _family(int(child)))]


def _cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
