"""`legwork serve` in a process of its own."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx
import yaml

from tests.support.charts import Json
from tests.support.hooks import URL, request
from tests.support.hospital import OPERATOR, PUBLIC, bearer, connected, registration
from tests.support.tokens import Signer
from tests.support.verifying import EHR

_LEGWORK = Path(sys.executable).with_name("legwork")
_LISTENS = re.compile(rb"Legwork is at http://127\.0\.0\.1:(\d+)/")
_START_SECONDS = 60
END_SECONDS = 40


@dataclass(frozen=True)
class Instance:
    """A running process and what reaches it. Its clock is the real one, so its tokens are of now."""

    process: subprocess.Popen[bytes]
    client: httpx.Client
    port: int

    def ask(self, token: str | None = None, **elements: object) -> httpx.Response:
        """A call, with a token that was never used unless one is given."""
        return self.client.post(URL, json=request(**elements), headers=bearer(token or token_of_now()))

    def end(self, number: int) -> int:
        """Send a signal and wait; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(END_SECONDS)


def token_of_now(path: str = URL, by: Signer = EHR) -> str:
    """A token of client EHR that was never used."""
    now = int(time.time())
    return by.token(aud=f"{PUBLIC}{path}", iat=now, exp=now + 300)


@contextmanager
def instance(folder: Path, *clients: Json, most_bytes: int | None = None, **settings: str) -> Iterator[Instance]:
    """Production, with client EHR unless others are given; settings by their names without prefix.

    `most_bytes` is how large its files may become once it runs: a disk that is full for this process alone.
    """
    file = folder / "clients.yaml"
    file.write_text(yaml.safe_dump({"clients": clients or [registration()]}), encoding="utf-8")
    ours = {"port": "0", "data_dir": str(folder / "data"), "clients_file": str(file), "public_url": PUBLIC}
    variables = {
        f"LEGWORK_{name.upper()}": value for name, value in {**ours, "operator_token": OPERATOR, **settings}.items()
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LEGWORK_")}
    with tempfile.TemporaryFile() as terminal:
        process = subprocess.Popen([_LEGWORK, "serve"], env=inherited | variables, stdout=terminal, stderr=terminal)  # noqa: S603 (our own words)
        try:
            port = _wait_for_port(process, terminal)
            if most_bytes:
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
            with connected(f"http://127.0.0.1:{port}") as client:
                _wait_for(client)
                yield Instance(process, client, port)
        finally:
            process.kill()
            process.wait()


def _wait_for_port(process: subprocess.Popen[bytes], terminal: IO[bytes]) -> int:
    """The free port that it took, as it says at its start."""
    deadline = time.monotonic() + _START_SECONDS
    while True:
        said = os.pread(terminal.fileno(), 100_000, 0)
        if found := _LISTENS.search(said):
            return int(found[1])
        assert process.poll() is None, said.decode()
        assert time.monotonic() < deadline, said.decode()
        time.sleep(0.05)


def _wait_for(client: httpx.Client) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            if client.get("/livez").is_success:
                return
        except httpx.TransportError:
            assert time.monotonic() < deadline
        time.sleep(0.05)
