"""`legwork serve` and its other commands as processes of their own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.support.charts import Json
from tests.support.hooks import URL, request

LEGWORK = Path(sys.executable).with_name("legwork")
PATIENCE = 60.0
"""Seconds for whatever must happen sooner or later, on a machine that has much else to do."""


def until(happens: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Wait for something that other processes do, and give what it gave."""
    deadline = time.monotonic() + seconds
    while not (found := happens()):
        assert time.monotonic() < deadline, f"in vain waited until {what}"
        time.sleep(0.05)
    return found


@dataclass
class Legwork:
    """One installation: a folder of its own, settings by their names without prefix; `start` it as often as you like.

    Without other settings it answers anyone, in production.
    """

    folder: Path
    settings: dict[str, object] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """Its data folder."""
        return self.folder / "data"

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of what this machine has set for the service."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LEGWORK_")}
        usual = {"port": "0", "allow_unauthenticated": "true", "data_dir": self.data, "shutdown_timeout": 10}
        ours = {f"LEGWORK_{name.upper()}": str(value) for name, value in {**usual, **self.settings}.items() if value}
        return {**inherited, **ours}

    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin; it may not be ready yet."""
        self.folder.mkdir(exist_ok=True)
        with self._said.open("w") as said, self._log.open("a") as log:
            self.process = subprocess.Popen([LEGWORK, "serve"], env=self.environment, stdout=said, stderr=log)  # noqa: S603 (our own words)

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Another command with the same settings."""
        command = [str(LEGWORK), *map(str, arguments)]
        environment = {**self.environment, "COLUMNS": "200"}
        return subprocess.run(  # noqa: S603 (our own words)
            command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    @contextmanager
    def running(self) -> Iterator[str]:
        """Its URL, once it is alive; at the end it is gone."""
        self.start()
        try:
            yield self.url
        finally:
            self.end()

    @property
    def url(self) -> str:
        """Waits until it answers."""

        def address() -> str | None:
            assert self._process.poll() is None, self.log
            found = re.search(r"Legwork is at (\S+)/cds-services", self._said.read_text())
            return found[1] if found and answers(f"{found[1]}/livez") else None

        found: str = until(address, "the service answers")
        return found

    @property
    def log(self) -> str:
        """All that it wrote to the standard error output."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def lines(self) -> list[Json]:
        """The log's lines; what is none is an error of the service."""
        return [json.loads(line) for line in self.log.splitlines()]

    def said(self, words: str) -> bool:
        """Whether a message of the log has these words."""
        return any(words in line.get("message", "") for line in self.lines)

    def signal(self, number: int) -> None:
        """Send a signal to the process that was started."""
        self._process.send_signal(number)

    def ended(self, seconds: float = PATIENCE) -> int:
        """The exit code, of a process that must end by itself."""
        return self._process.wait(seconds)

    def stop(self) -> int:
        """Ask it to end, as an orchestrator does; the exit code."""
        self.signal(signal.SIGTERM)
        return self.ended()

    def end(self) -> None:
        """See to it that it is gone, without waiting for its clients."""
        if self.process is None:
            return
        for _ in range(2):
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(PATIENCE)
        finally:
            self.kill()

    def kill(self) -> None:
        """As when there is no memory left."""
        self._process.kill()
        self._process.wait()

    @property
    def pid(self) -> int:
        """The process that was started."""
        return self._process.pid

    @property
    def workers(self) -> list[int]:
        """The processes that answer."""
        pid = self.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(child) for child in children] or [pid]

    @property
    def _process(self) -> subprocess.Popen[bytes]:
        assert self.process is not None, "not started"
        return self.process

    @property
    def _log(self) -> Path:
        return self.folder / "log"

    @property
    def _said(self) -> Path:
        return self.folder / "said"


def answers(url: str, status: int = 200) -> bool:
    """Whether it does, with this status."""
    try:
        return httpx.get(url, trust_env=False, timeout=PATIENCE).status_code == status
    except httpx.TransportError:
        return False


def call(url: str, headers: dict[str, str] | None = None, **elements: Any) -> httpx.Response:
    """One call on a connection of its own, so that any worker may get it."""
    return httpx.post(url + URL, json=request(**elements), headers=headers, trust_env=False, timeout=PATIENCE)


def by_every_worker(service: Legwork, calls: Callable[[], httpx.Response]) -> list[httpx.Response]:
    """Answers to calls, repeated until each worker has answered one of them."""
    answered: list[httpx.Response] = []

    def all_did() -> bool:
        answered.append(calls())
        return set(service.workers) <= _who(service, [one.headers["x-correlation-id"] for one in answered])

    until(all_did, "every worker has answered")
    return answered


def _who(service: Legwork, correlations: Collection[str]) -> set[int]:
    return {line["process"] for line in service.lines if line.get("correlation") in correlations}
