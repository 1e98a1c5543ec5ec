"""What is measured, and what it is measured against, each started as a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from app.hooks.service import SERVICE_ID
from tests.benchmarks.processes import SERVER_CORE, Server, running
from tests.support.ports import free_port
from tests.support.tokens import Signer, signer

PATH = f"/cds-services/{SERVICE_ID}"
_SCRIPTS = Path(sys.executable).parent
_ISSUER = "https://ehr.example.org"
_TOKEN_SECONDS = 3000
_EHR = signer("ES384")


@contextmanager
def legwork(
    folder: Path, *, authenticated: bool = False, cores: Sequence[int] = (SERVER_CORE,), **settings: str
) -> Iterator[Server]:
    """The whole service in production mode, recording and logging; its data stays in `folder`.

    `settings` are its environment variables in small letters, without their prefix.
    """
    port = free_port()
    (folder / "data").mkdir(parents=True, exist_ok=True)
    chosen = {
        "port": str(port),
        "data_dir": str(folder / "data"),
        **(_authentication(folder, port) if authenticated else {"allow_unauthenticated": "true"}),
        **settings,
    }
    environment = {f"LEGWORK_{name.upper()}": value for name, value in chosen.items()}
    with running([str(_SCRIPTS / "legwork"), "serve"], port, environment, folder / "legwork.log", cores) as server:
        yield server


@contextmanager
def bare(folder: Path) -> Iterator[Server]:
    """The yardstick, under uvicorn with the same protocol and event loop, and without a log."""
    with _uvicorn("tests.benchmarks.bare:app", folder / "bare.log", (SERVER_CORE,), {}) as server:
        yield server


@contextmanager
def fhir_server(folder: Path, core: int, **environment: str) -> Iterator[Server]:
    """A FHIR server that holds the charts of the bodies, and takes its time (fhir.py)."""
    with _uvicorn("tests.benchmarks.fhir:build", folder / "fhir.log", (core,), environment, "--factory") as server:
        yield server


@contextmanager
def _uvicorn(app: str, log: Path, cores: Sequence[int], environment: Mapping[str, str], *more: str) -> Iterator[Server]:
    port = free_port()
    options = ["--port", str(port), "--http", "httptools", "--loop", "uvloop", "--no-access-log", "--no-server-header"]
    command = [sys.executable, "-m", "uvicorn", app, *options, *more]
    with running(command, port, environment, log, cores) as server:
        yield server


def write_tokens(path: Path, server: Server, count: int) -> Path:
    """So many tokens, each for one call of this server."""
    now = int(datetime.now(UTC).timestamp())
    claims: dict[str, Any] = {"iss": _ISSUER, "aud": f"{server.url}{PATH}", "iat": now, "exp": now + _TOKEN_SECONDS}
    path.write_text("".join(f"{_EHR.token(**claims)}\n" for _ in range(count)))
    return path


def _authentication(folder: Path, port: int) -> dict[str, str]:
    clients = folder / "clients.yaml"
    clients.write_text(yaml.safe_dump({"clients": [_registration(_EHR)]}), encoding="utf-8")
    return {"clients_file": str(clients), "public_url": f"http://127.0.0.1:{port}"}


def _registration(by: Signer) -> dict[str, object]:
    return {"iss": _ISSUER, "jwks": by.jwks(), "algorithms": [by.algorithm]}
