"""Throughput: wrk sends the next request on a connection as soon as the last one is answered."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tests.benchmarks.calls import Calls
from tests.benchmarks.processes import GENERATOR_CORE, Server, pinned

CONNECTIONS = 4
_SCRIPT = Path(__file__).with_name("cycle.lua")


class _Told(msgspec.Struct):
    requests: int
    seconds: float
    failed: int
    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Run:
    """One run; `cpu_seconds` is what the server computed meanwhile."""

    requests: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    @property
    def cost(self) -> float:
        """Seconds of the server's processor for a request."""
        return self.cpu_seconds / self.requests


def run_wrk(server: Server, calls: Calls, seconds: float, *, connections: int = CONNECTIONS) -> Run:
    """Let wrk run; raises RuntimeError when any answer was not 200."""
    before = server.cpu_seconds()
    options = ["--threads", "1", "--connections", str(connections), "--duration", f"{seconds:g}s", "--timeout", "30s"]
    arguments = [calls.path, calls.bodies, *([calls.tokens] if calls.tokens else [])]
    command = [*pinned(GENERATOR_CORE), "wrk", *options, "--script", str(_SCRIPT), server.url, "--", *arguments]
    done = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 (our own command)
    told = msgspec.json.decode(done.stderr.splitlines()[-1], type=_Told)
    if told.failed or not told.requests:
        raise RuntimeError(f"{told.failed} of {told.requests} calls failed")
    return Run(told.requests, told.seconds, server.cpu_seconds() - before)
