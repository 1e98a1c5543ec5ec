from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from app.observability.call import CURRENT
from app.observability.call_log import CallLog
from app.observability.log import JsonHandler, LogWriter
from app.observability.log_line import format_record
from tests.unit.observability.records import answered

MARKER = "Zq7Patient"


class Pipe:
    """A log that ends in a pipe, as a container's does."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()
        self.writer = LogWriter(self.writing)

    def lines(self) -> list[dict[str, Any]]:
        """What was written; ends the log."""
        self.writer.close()
        os.close(self.writing)
        with os.fdopen(self.reading, "rb") as read:
            return [json.loads(line) for line in read.read().splitlines()]


@pytest.fixture
def pipe() -> Pipe:
    return Pipe()


def line_of(name: str, message: object, *args: object, error: BaseException | None = None) -> dict[str, Any]:
    exc_info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord(name, logging.ERROR, __file__, 12, message, args, exc_info)
    line: dict[str, Any] = json.loads(format_record(record))
    return line


def raised(message: str) -> ValueError:
    try:
        int(message)
    except ValueError as error:
        return error
    raise AssertionError


def test_a_line_says_when_how_bad_who_what_and_where() -> None:
    line = line_of("app.store", "%d records wait for %s", 3, "the database")
    assert line["message"] == "3 records wait for the database"
    assert (line["level"], line["logger"], line["process"]) == ("error", "app.store", os.getpid())
    assert line["where"] == "tests/unit/observability/test_log.py:12"
    assert line["time"].endswith("Z")


def test_a_line_within_a_call_carries_its_correlation_id() -> None:
    token = CURRENT.set(answered())
    try:
        assert line_of("app.fhir", "slow")["correlation"] == "correlation-1"
    finally:
        CURRENT.reset(token)


def test_an_exception_is_told_by_type_and_place_never_by_its_message() -> None:
    error = raised(MARKER)
    assert MARKER in str(error)
    line = line_of("app.hooks", "a call failed", error=error)
    assert line["error"]["type"] == "ValueError"
    assert line["error"]["where"][-1].startswith("tests/unit/observability/test_log.py:")
    assert MARKER not in json.dumps(line)


def test_causes_and_members_of_a_group_are_told_the_same_way() -> None:
    error = RuntimeError(MARKER)
    error.__cause__ = ExceptionGroup(MARKER, [raised(MARKER), KeyError(MARKER)])
    line = line_of("app.hooks", "failed", error=error)
    group = line["error"]["cause"]
    assert [one["type"] for one in group["errors"]] == ["ValueError", "KeyError"]
    assert MARKER not in json.dumps(line)


@pytest.mark.parametrize("value", [ValueError(MARKER), {"id": MARKER}, [MARKER], MARKER.encode(), (MARKER,)])
def test_what_is_no_plain_value_is_only_named(value: object) -> None:
    for line in (line_of("app.hooks", "got %s", value), line_of("app.hooks", "got %r of %s", value, "x")):
        assert type(value).__name__ in line["message"] or "do not fit" in line["message"]
        assert MARKER not in json.dumps(line)


def test_a_message_that_is_an_exception_is_only_named() -> None:
    assert line_of("app.hooks", ValueError(MARKER))["message"] == "ValueError"


def test_arguments_that_do_not_fit_are_not_written_and_break_nothing() -> None:
    line = line_of("app.hooks", "%d of %d", 1)
    assert line["message"] == "%d of %d (its arguments do not fit)"


@pytest.mark.parametrize("name", ["httpx", "httpcore.http11", "sqlalchemy.engine", "asyncio", "py.warnings", "root"])
def test_of_what_others_log_only_who_and_where_is_written(name: str) -> None:
    line = line_of(name, f"GET /Patient/{MARKER} %s", MARKER)
    assert "message" not in line
    assert line["logger"] == name
    assert MARKER not in json.dumps(line)


def test_uvicorns_messages_are_written_without_what_is_filled_in() -> None:
    assert line_of("uvicorn.error", "Invalid %s\n%s", MARKER, MARKER)["message"] == "Invalid %s"


def test_text_that_is_no_unicode_breaks_nothing(pipe: Pipe) -> None:
    record = logging.LogRecord("app.x", logging.ERROR, __file__, 1, "file \ud800", (), None)
    JsonHandler(pipe.writer).handle(record)
    assert pipe.lines() == [{"level": "error", "message": "a log record could not be formatted"}]


def test_one_line_for_a_call_with_everything_but_the_patient(pipe: Pipe) -> None:
    CallLog(pipe.writer).record(answered())
    (line,) = pipe.lines()
    phases = line.pop("phases")
    assert list(phases) == ["reason"]
    assert line == {
        "time": "2026-11-22T09:00:00Z",
        "level": "info",
        "logger": "call",
        "endpoint": "call",
        "status": 200,
        "ms": 12.346,
        "correlation": "correlation-1",
        "service": "leg-weakness-workup",
        "client": "https://ehr.example.org",
        "cards": [{"id": "one", "level": "critical"}, {"id": "two", "level": "info"}],
        "shadow": [{"id": "three", "level": "warning"}],
        "suppressed": {"order-done": 2},
        "inputs": {"conditions": "prefetch", "labs": "fetched", "reports": "unavailable"},
        "fetch_errors": ["timeout"],
        "knowledge": "1.2.3",
        "process": os.getpid(),
    }


@pytest.mark.parametrize(
    ("endpoint", "status", "written"),
    [
        ("health", 200, False),
        ("metrics", 200, False),
        ("health", 503, True),
        ("page", 200, True),
        ("health", None, True),
    ],
)
def test_a_probe_has_a_line_only_when_it_fails(pipe: Pipe, endpoint: Any, status: int | None, written: bool) -> None:
    call = answered()
    call.endpoint, call.status = endpoint, status
    CallLog(pipe.writer).record(call)
    assert len(pipe.lines()) == written


@pytest.mark.parametrize(
    ("status", "level"), [(200, "info"), (404, "info"), (500, "error"), (503, "error"), (None, "error")]
)
def test_a_call_that_we_failed_is_an_error(pipe: Pipe, status: int | None, level: str) -> None:
    call = answered()
    call.status = status
    CallLog(pipe.writer).record(call)
    assert pipe.lines()[0]["level"] == level


def test_a_reader_that_stands_still_costs_lines_but_no_time_and_the_log_says_how_many() -> None:
    reading, writing = os.pipe()
    writer, lost = LogWriter(writing, capacity=100), list[int]()
    writer.on_lost = lost.append
    for number in range(5000):
        writer.put(b'{"number":%d,"padding":"%s"}' % (number, b"x" * 100))
        if number == 1000:
            writer.hurry()
    with os.fdopen(reading, "rb") as read:
        collected: list[bytes] = []
        reader = threading.Thread(target=lambda: collected.extend(read), daemon=True)
        reader.start()
        writer.close()
        os.close(writing)
        reader.join(10)
    numbers = [json.loads(line)["number"] for line in collected if b"number" in line]
    assert numbers == sorted(numbers)
    assert len(numbers) + sum(lost) == 5000
    assert lost


def test_processes_that_share_a_pipe_do_not_tear_each_others_lines(tmp_path: Path) -> None:
    code = (
        "import sys; from app.observability.log import LogWriter; w = LogWriter(1)\n"
        'for n in range(3000): w.put(b\'{"who":%s,"text":"%s"}\' % (sys.argv[1].encode(), b\'y\' * (n % 900)))\n'
        "w.close()"
    )
    reading, writing = os.pipe()
    command = [sys.executable, "-c", code]
    several = [subprocess.Popen([*command, who], stdout=writing) for who in "123"]  # noqa: S603 (our own arguments)
    os.close(writing)
    with os.fdopen(reading, "rb") as read:
        lines = [json.loads(line) for line in read]
    assert [one.wait(20) for one in several] == [0, 0, 0]
    assert [sum(line["who"] == who for line in lines) for who in (1, 2, 3)] == [3000, 3000, 3000]


PROCESS = f"""
import asyncio, logging, sys, threading, warnings
from app.observability.log import configure_logging
writer = configure_logging("DEBUG", 2)
class Broken:
    def __del__(self): raise ValueError("{MARKER}")
def fail(): raise ValueError("{MARKER}")
logging.getLogger("uvicorn.access").info("GET /%s", "{MARKER}")
logging.getLogger("httpx").info("GET /%s", "{MARKER}")
logging.getLogger("httpx").error("GET /%s", "{MARKER}")
logging.getLogger("app.somewhere").debug("told")
logging.getLogger("uvicorn.error").info("Started")
warnings.warn("{MARKER}")
thread = threading.Thread(target=fail); thread.start(); thread.join()
Broken()
async def forgotten():
    task = asyncio.ensure_future(boom("{MARKER}")); await asyncio.sleep(0.01); del task
async def boom(text): raise ValueError(text)
asyncio.run(forgotten())
import gc; gc.collect()
import atexit; atexit.register(writer.close)
fail()
"""


def test_in_a_real_process_nothing_gets_past_the_formatter() -> None:
    command = [sys.executable, "-c", PROCESS]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)  # noqa: S603 (our own code)
    assert done.returncode == 1
    assert done.stdout == ""
    assert MARKER not in done.stderr
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    told = [(line["logger"], line.get("message"), line.get("error", {}).get("type")) for line in lines]
    assert told == [
        ("httpx", None, None),
        ("app.somewhere", "told", None),
        ("uvicorn.error", "Started", None),
        ("py.warnings", None, None),
        ("app.observability.log.uncaught", "uncaught in a thread", "ValueError"),
        ("app.observability.log.uncaught", "ignored", "ValueError"),
        ("asyncio", None, "ValueError"),
        ("app.observability.log.uncaught", "uncaught", "ValueError"),
    ]
