"""Nothing of a patient, and no token, gets anywhere but into the answer to who asked."""

from __future__ import annotations

import http.client
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import CARDS, Settings
from tests.security.poison import FEEDBACK, HEADERS, MARKER, RAW, Json, poisoned, spoiled

FIXTURES = sorted((CARDS.parent / "fixtures").glob("*/*/request.json"))
SERVICE = "/cds-services/leg-weakness-workup"
NOW = "2026-11-22T09:00:00+00:00"
TOKEN = "an-operators-token-for-tests"  # noqa: S105 (of this test alone)
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_ERRORS_EACH = 10

# The service in a process of its own, as verbose as it can be, its clock at the fixtures' time.
PROCESS = f"""
import socket, sys
from datetime import datetime
from app import server
from app.settings import Settings
make = server.create_app
server.create_app = lambda settings, **more: make(settings, lambda: datetime.fromisoformat("{NOW}"), **more)
server.prepare(Settings(), socket.socket(fileno=int(sys.argv[1])))()
"""


class HostileServer:
    """A FHIR server that says the marker in every way in which a server can fail or mislead."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "diagnostics": MARKER}]}
        page = {"resourceType": "Bundle", "link": [{"relation": "next", "url": f"http://{MARKER}.invalid/{MARKER}"}]}
        answers = cycle(
            [
                (500, json.dumps(outcome)),
                (200, json.dumps(outcome)),
                (200, f"<html>{MARKER}</html>"),
                (200, f'{{"resourceType": "{MARKER}'),
                (302, MARKER),
                (200, json.dumps(page)),
                (401, MARKER),
                (429, MARKER),
            ]
        )
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.calls[self.path.split("?")[0]] += 1
                status, body = next(answers)
                self.send_response(status, MARKER)
                self.send_header("Location", f"/{MARKER}")
                self.send_header("Content-Type", f"application/fhir+json; x={MARKER}")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with suppress(ConnectionError):  # the service stops reading when its time is up
                    self.wfile.write(body.encode())

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name is BaseHTTPRequestHandler's)
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/{MARKER}"
        self._thread = threading.Thread(target=self._http.serve_forever)
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class Service:
    """The service in a process of its own; everything that it writes lands in `home`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.statuses: Counter[int] = Counter()
        self.leaks: list[str] = []
        self.marked_answers = 0
        metrics = home / "metrics"
        metrics.mkdir()
        settings = {
            "LEGWORK_MODE": "development",
            "LEGWORK_DATA_DIR": str(home / "data"),
            "LEGWORK_LOG_LEVEL": "debug",
            "LEGWORK_FETCH_BUDGET": "0.05",
            "LEGWORK_OPERATOR_TOKEN": TOKEN,
            "LEGWORK_AUDIT_KEY": "k" * 32,
            "PROMETHEUS_MULTIPROC_DIR": str(metrics),
            "PYTHONPATH": str(CARDS.parent),
        }
        with socket.socket() as listener, (home / "stdout").open("wb") as out, (home / "stderr").open("wb") as err:
            listener.bind(("127.0.0.1", 0))
            listener.listen(64)
            self._port = listener.getsockname()[1]
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
            self._process = subprocess.Popen(  # noqa: S603 (our own code)
                [sys.executable, "-c", PROCESS, str(listener.fileno())],
                stdout=out,
                stderr=err,
                cwd=home,
                env=os.environ | settings,
                pass_fds=[listener.fileno()],
            )

    def wait(self) -> None:
        """Until it answers; it stands behind the log of its start when it does not."""
        for _ in range(300):
            try:
                self.send("/livez", method="GET")
            except OSError:
                self._connection.close()
                assert self._process.poll() is None, (self.home / "stderr").read_text()
                time.sleep(0.1)
            else:
                return
        raise TimeoutError("the service did not start")

    def send(
        self, path: str, body: bytes | None = None, method: str = "POST", headers: Mapping[str, str] = NO_HEADERS
    ) -> tuple[int, bytes]:
        """One request; an error that repeats the marker is remembered."""
        self._connection.request(method, path, body, {"Content-Type": "application/json", **HEADERS, **headers})
        answer = self._connection.getresponse()
        content = answer.read()
        self.statuses[answer.status] += 1
        told = content if answer.status >= http.client.BAD_REQUEST else b""
        if _is_marked(told + str(answer.getheaders()).encode()):
            self.leaks.append(f"{answer.status} to {method} {path}: {content[:300]!r} {answer.getheaders()}")
        self.marked_answers += _is_marked(content)
        return answer.status, content

    def send_raw(self, request: str) -> None:
        """Bytes that are no HTTP."""
        with socket.create_connection(("127.0.0.1", self._port), timeout=30) as connection:
            connection.sendall(request.encode())
            connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        if _is_marked(answer):
            self.leaks.append(f"to {request!r}: {answer[:300]!r}")

    def stop(self) -> None:
        """Ask it to end, and wait."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)

    def kill(self) -> None:
        """End it, if it still runs."""
        self._connection.close()
        self._process.kill()
        self._process.wait()


def _is_marked(content: bytes) -> bool:
    return MARKER.lower().encode() in content.lower()


def marked_files(home: Path) -> list[str]:
    """Every file that holds the marker: output, database and its journals, spool, audit, metrics."""
    return [str(path.relative_to(home)) for path in sorted(home.rglob("*")) if path.is_file() and _holds(path)]


def _holds(path: Path) -> bool:
    try:
        return _is_marked(path.read_bytes())
    except FileNotFoundError:  # a journal that was just done with
        return False


@pytest.fixture(scope="module")
def hostile() -> Iterator[HostileServer]:
    server = HostileServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, hostile: HostileServer) -> Iterator[Service]:
    """The service after every fixture was sent to it, whole and broken."""
    running = Service(tmp_path_factory.mktemp("poison"))
    try:
        running.wait()
        for path in FIXTURES:
            send_all(running, poisoned(json.loads(path.read_bytes()), hostile.url))
        send_elsewhere(running)
        yield running
    finally:
        running.kill()


def send_all(service: Service, call: Json) -> None:
    """The call whole, with inputs that must be fetched, and broken."""
    service.send(f"{SERVICE}?patient={MARKER}", msgspec.json.encode(call))
    for key in ("conditions", "labs"):
        lacking = {**call, "prefetch": {name: value for name, value in call["prefetch"].items() if name != key}}
        service.send(SERVICE, msgspec.json.encode(lacking))
    for body in spoiled(call):
        service.send(SERVICE, body)


def send_elsewhere(service: Service) -> None:
    """What is no call, or no HTTP."""
    for path in (f"/cds-services/{MARKER}", f"/cds-services/{MARKER}/feedback", f"/{MARKER}"):
        service.send(path, MARKER.encode())
    for path in (f"/cards/{MARKER}", f"/{MARKER}", f"/cards?{MARKER}", f"/{quote('ü')}{MARKER}", "/cds-services"):
        service.send(path, method="GET")
    service.send(SERVICE, MARKER.encode(), method="PUT")
    service.send(SERVICE, MARKER.encode(), headers={"Content-Type": f"text/{MARKER}"})
    service.send(SERVICE, MARKER.encode(), headers={"Content-Encoding": MARKER})
    service.send(SERVICE, MARKER.encode(), headers={"Origin": f"http://{MARKER}"})
    for item in FEEDBACK:
        service.send(f"{SERVICE}/feedback", json.dumps({"feedback": [item]}).encode())
    for request in RAW:
        service.send_raw(request)


def test_the_calls_reached_what_could_leak(service: Service) -> None:
    assert service.marked_answers > len(FIXTURES) / 2, "cards show what the chart says, to who asked"
    for status in (400, 404, 405, 412, 415):
        assert service.statuses[status], f"no call was answered with {status}"
    assert service.statuses[400] > _ERRORS_EACH * len(FIXTURES)
    assert not {status for status in service.statuses if status == http.client.INTERNAL_SERVER_ERROR}


def test_no_error_and_no_header_repeats_what_was_sent(service: Service) -> None:
    assert service.leaks == []


def test_metrics_tell_nothing_of_patients(service: Service) -> None:
    authorization = {"Authorization": f"Bearer {TOKEN}"}
    status, text = service.send("/metrics", method="GET", headers=authorization)
    assert status == http.client.OK
    assert b'legwork_cards_total{card="' in text
    assert not _is_marked(text)


def test_nothing_that_is_written_while_it_runs_or_afterwards_tells_of_patients(service: Service) -> None:
    time.sleep(1)  # logs, audit and records are written within a second
    assert marked_files(service.home) == []
    service.stop()
    assert marked_files(service.home) == []
    lines = [json.loads(line) for line in (service.home / "stderr").read_bytes().splitlines()]
    calls = sum(line["logger"] == "call" and line["endpoint"] == "call" for line in lines)
    records = [line for path in service.home.rglob("audit/*.jsonl") for line in path.read_bytes().splitlines()]
    assert calls > _ERRORS_EACH * len(FIXTURES)
    assert sum(b'"endpoint":"call"' in record and b'"patient":"' in record for record in records) > len(FIXTURES)
    assert sum(path.stat().st_size for path in service.home.rglob("*.db*") if "metrics" not in path.parts) > 0


def test_no_date_of_birth_is_written(service: Service) -> None:
    service.stop()
    charts = [json.loads(path.read_bytes())["prefetch"].get("patient") or {} for path in FIXTURES]
    births = {chart["birthDate"].encode() for chart in charts if "birthDate" in chart}
    written = b"".join(path.read_bytes() for path in service.home.rglob("*") if path.is_file())
    assert len(births) > 1
    assert [birth for birth in births if birth in written] == []


def test_the_search_finds_the_marker_wherever_it_is(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "legwork.db-wal").write_bytes(b"\x00\x01" + MARKER.upper().encode() + b"\xff")
    (tmp_path / "clean").write_bytes(b"nothing")
    assert marked_files(tmp_path) == ["data/legwork.db-wal"]


class Records(logging.Handler):
    """Every record that our own code logs, as it would be filled in."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what it says."""
        if record.name.startswith(("app.", "uvicorn", "asyncio")):
            self.texts.append(record.getMessage())


def test_our_own_log_messages_name_nothing_of_patients_at_any_level(
    hostile: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    records, root = Records(), logging.getLogger()
    monkeypatch.setattr(root, "level", logging.DEBUG)
    root.addHandler(records)
    app = create_app(
        Settings(mode="development", data_dir=tmp_path, fetch_budget=0.05), lambda: datetime.fromisoformat(NOW)
    )
    try:
        with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
            for path in FIXTURES[::10]:
                call = poisoned(json.loads(path.read_bytes()), hostile.url)
                for body in (msgspec.json.encode(call), *spoiled(call)):
                    client.post(SERVICE, content=body, headers={"Content-Type": "application/json", **HEADERS})
    finally:
        root.removeHandler(records)
    assert [text for text in records.texts if _is_marked(text.encode())] == []
