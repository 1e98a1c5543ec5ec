"""Workers that are forked from a parent, in a process of their own since the tests' has threads."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_PROGRAM = """
import multiprocessing, os, signal, sys, time
from app.errors import LegworkError
from app.serving.parent_log import log_directly
from app.serving.supervisor import Supervisor

def say(word):
    os.write(1, f"{word}\\n".encode())

def works():
    signal.signal(signal.SIGTERM, lambda *_: (say("ends"), sys.exit(0)))
    say("works")
    time.sleep(600)

def hangs():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say("works")
    time.sleep(600)

def cannot():
    raise LegworkError("no room")

begun = multiprocessing.Value("i", 0)

def first_two():
    with begun:
        begun.value += 1
    if begun.value > 2:
        cannot()
    say(os.getpid())
    works()

log_directly()
kinds = {"works": works, "hangs": hangs, "cannot": cannot, "first two": first_two}
work, patience = kinds[sys.argv[1]], float(sys.argv[2])
try:
    Supervisor(2, work, lambda: say("reloads"), patience=patience).run()
except LegworkError as error:
    say(error)
say("over")
"""


@contextmanager
def supervising(work: str, patience: float = 60) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", _PROGRAM, work, str(patience)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as process:  # noqa: S603 (our own words)
        try:
            yield process
        finally:
            process.kill()


def lines(process: subprocess.Popen[str], number: int) -> list[str]:
    """The next lines that the processes say."""
    assert process.stdout
    return [process.stdout.readline().strip() for _ in range(number)]


def test_workers_end_when_the_parent_is_asked_to() -> None:
    with supervising("works") as process:
        assert lines(process, 2) == ["works"] * 2
        process.send_signal(signal.SIGTERM)
        assert lines(process, 3) == ["ends", "ends", "over"]


def test_sighup_reloads_in_a_process_of_its_own() -> None:
    with supervising("works") as process:
        lines(process, 2)
        for _ in range(3):
            process.send_signal(signal.SIGHUP)
            assert lines(process, 1) == ["reloads"]


def test_workers_that_do_not_end_in_time_are_killed() -> None:
    with supervising("hangs", patience=0.2) as process:
        lines(process, 2)
        process.send_signal(signal.SIGTERM)
        assert lines(process, 2) == ["a worker did not end in time and was killed; the log says more", "over"]


def test_a_worker_that_cannot_start_ends_them_all() -> None:
    with supervising("cannot") as process:
        assert lines(process, 2) == ["a worker could not start; the log says more", "over"]
        said = process.communicate(timeout=60)[1]
        assert '"message":"no room"' in said
        assert "Traceback" not in said


def test_while_an_older_one_works_a_worker_that_cannot_start_is_tried_again() -> None:
    with supervising("first two") as process:
        one = next(int(line) for line in lines(process, 4) if line.isdigit())
        os.kill(one, signal.SIGKILL)
        assert process.stderr
        assert [said(process.stderr.readline()) for _ in range(2)] == [
            f"worker {one} died (-9); another one takes its place",
            "no room",
        ]
        assert "could not start; tried again" in said(process.stderr.readline())
        process.send_signal(signal.SIGTERM)
        assert lines(process, 2) == ["ends", "over"]


def said(line: str) -> str:
    message: str = json.loads(line)["message"]
    return message


def test_once_none_of_those_that_worked_lives_a_worker_that_cannot_start_ends_them_all() -> None:
    with supervising("first two") as process:
        for one in [int(line) for line in lines(process, 4) if line.isdigit()]:
            os.kill(one, signal.SIGKILL)
        assert lines(process, 2) == ["a worker could not start; the log says more", "over"]
