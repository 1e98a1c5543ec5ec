"""`legwork serve` in a process of its own, as a hospital runs it."""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.charts import Json
from tests.support.hooks import URL, request
from tests.support.hospital import bearer, connected, registration
from tests.support.process import Legwork
from tests.support.real_time import as_hospital, register, token

END_SECONDS = 40


@dataclass(frozen=True)
class Instance:
    """A running process and what reaches it. Its clock is the real one, so its tokens are of now."""

    service: Legwork
    client: httpx.Client

    @property
    def port(self) -> int:
        """The free port that it took."""
        port = self.client.base_url.port
        assert port
        return port

    def ask(self, token: str | None = None, **elements: object) -> httpx.Response:
        """A call, with a token that was never used unless one is given."""
        return self.client.post(URL, json=request(**elements), headers=bearer(token or token_of_now()))

    def end(self, number: int) -> int:
        """Send a signal and wait; the exit code."""
        self.service.signal(number)
        return self.service.ended(END_SECONDS)


def token_of_now(path: str = URL) -> str:
    """A token of client EHR that was never used."""
    return token(path)


@contextmanager
def instance(folder: Path, *clients: Json, most_bytes: int | None = None, **settings: str) -> Iterator[Instance]:
    """Production, with client EHR unless others are given; settings by their names without prefix.

    Several may share a folder, and so its data. `most_bytes` is how large its files may become once it runs: a disk
    that is full for this process alone.
    """
    own = Path(tempfile.mkdtemp(dir=folder))
    register(own / "clients.yaml", *(clients or [registration()]))
    shared = {"data_dir": folder / "data", "shutdown_timeout": ""}
    service = Legwork(own, {**as_hospital(own / "clients.yaml"), **shared, **settings})
    service.start()
    try:
        with connected(service.url) as client:
            if most_bytes:
                resource.prlimit(service.pid, resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
            yield Instance(service, client)
    finally:
        service.kill()
