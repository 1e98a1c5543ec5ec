"""Two instances behind HAProxy, restarted one after the other while calls come in: none may fail.

Real processes, real HAProxy, and its configuration for operators.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.deploy.tools import DEPLOY, find
from tests.support.ports import free_port

REQUEST = Path("fixtures/patients/cauda-equina-undated/request.json").read_bytes()
LEGWORK = Path(sys.executable).with_name("legwork")
CALLERS = 8
DRAIN_DELAY = 3
PATIENCE = 60.0


async def until(true: Callable[[], bool], what: str) -> None:
    """Wait for something that other processes do."""
    deadline = time.monotonic() + PATIENCE
    while not await asyncio.to_thread(true):
        assert time.monotonic() < deadline, f"in vain waited until {what}"
        await asyncio.sleep(0.1)


def answers(url: str) -> bool:
    """Whether it does, with success."""
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False


@dataclass
class Instance:
    """`legwork serve` on a port of its own; all share one data folder, and so one database."""

    name: str
    data: Path
    workers: int
    port: int = field(default_factory=free_port)

    @contextmanager
    def running(self) -> Iterator[None]:
        self.start()
        try:
            yield
        finally:
            self.process.kill()
            self.process.wait()

    def start(self) -> None:
        settings = {
            "LEGWORK_PORT": str(self.port),
            "LEGWORK_DATA_DIR": str(self.data),
            "LEGWORK_WORKERS": str(self.workers),
            "LEGWORK_ALLOW_UNAUTHENTICATED": "true",
            "LEGWORK_DRAIN_DELAY": str(DRAIN_DELAY),
            "LEGWORK_SHUTDOWN_TIMEOUT": "10",
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LEGWORK_")}
        with (self.data / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen([LEGWORK, "serve"], env=inherited | settings, stdout=log, stderr=log)  # noqa: S603 (our own words)

    def is_ready(self) -> bool:
        assert self.process.poll() is None, (self.data / f"{self.name}.log").read_text()
        return answers(f"http://127.0.0.1:{self.port}/readyz")

    def stop(self) -> int:
        """Ask it to end, as an orchestrator does; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@dataclass
class Balancer:
    """HAProxy with the configuration for operators; what it does is read from its log."""

    one: Instance
    two: Instance
    log: Path
    port: int = field(default_factory=free_port)

    @contextmanager
    def running(self) -> Iterator[None]:
        addresses = {
            "HAPROXY_BIND": f"127.0.0.1:{self.port}",
            "LEGWORK_ONE": f"127.0.0.1:{self.one.port}",
            "LEGWORK_TWO": f"127.0.0.1:{self.two.port}",
        }
        command = [find("haproxy"), "-db", "-f", str(DEPLOY / "haproxy" / "haproxy.cfg")]
        with self.log.open("wb") as log:
            process = subprocess.Popen(command, env=addresses, stdout=log, stderr=log)  # noqa: S603 (our own words)
        try:
            yield
        finally:
            process.kill()
            process.wait()

    async def passes_calls_to(self, instance: Instance) -> None:
        """Wait until calls reach an instance."""
        served = f" legwork/{instance.name} "
        before = self.said(served)
        await until(lambda: self.said(served) > before, f"calls reach {instance.name}")

    def said(self, what: str) -> int:
        """How often a line of the log has these words."""
        return self.log.read_text(encoding="utf-8", errors="replace").count(what)


@dataclass
class Callers:
    """Call without pause, each on a connection that is kept open."""

    url: str
    answers: int = 0
    failures: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def calling(self) -> AsyncIterator[None]:
        over = asyncio.Event()
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client, asyncio.TaskGroup() as group:
            for _ in range(CALLERS):
                group.create_task(self._call(client, over))
            try:
                yield
            finally:
                over.set()

    async def _call(self, client: httpx.AsyncClient, over: asyncio.Event) -> None:
        while not over.is_set():
            try:
                response = await client.post(self.url, content=REQUEST, headers={"Content-Type": "application/json"})
            except httpx.HTTPError as error:
                self.failures.append(repr(error))
                await asyncio.sleep(0.1)
                continue
            self.answers += 1
            if response.status_code != 200 or not response.json()["cards"]:
                self.failures.append(f"{response.status_code} {response.text[:200]}")
            await asyncio.sleep(0.005)


async def restart(instance: Instance, balancer: Balancer) -> None:
    """One step of a rolling restart: the next one begins when this instance is in turn again."""
    up = f"legwork/{instance.name} is UP"
    before = balancer.said(up)
    assert await asyncio.to_thread(instance.stop) == 0
    instance.start()
    await until(instance.is_ready, f"{instance.name} is ready again")
    await until(lambda: balancer.said(up) > before, f"HAProxy finds {instance.name} ready again")


@pytest.mark.parametrize("workers", [1, 2])
async def test_no_call_fails_while_the_instances_are_restarted_one_by_one(tmp_path: Path, workers: int) -> None:
    one, two = Instance("one", tmp_path, workers), Instance("two", tmp_path, workers)
    balancer = Balancer(one, two, tmp_path / "haproxy.log")
    with ExitStack() as stack:
        for instance in (one, two):
            stack.enter_context(instance.running())
            await until(instance.is_ready, f"{instance.name} is ready")
        stack.enter_context(balancer.running())
        discovery = f"http://127.0.0.1:{balancer.port}/cds-services"
        await until(lambda: answers(discovery), "HAProxy passes calls on")
        callers = Callers(f"{discovery}/leg-weakness-workup")
        async with callers.calling():
            for instance in (one, two):
                await restart(instance, balancer)
            for instance in (one, two):
                await balancer.passes_calls_to(instance)
    assert callers.failures == []
    assert callers.answers > 100
