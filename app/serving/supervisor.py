"""A parent and its workers: forked, so that they share what the parent has imported, and start at once."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.context import ForkProcess

from app.errors import LegworkError
from app.serving.early_signals import heed_early_signals

log = logging.getLogger(__name__)

CANNOT_START = 3
"""The exit code of a worker that would not start the second time either."""

_HEARD = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGALRM)
_PAUSE_SECONDS = 1.0  # between the starts of workers that die at once
_RETRY_SECONDS = 5.0  # before another try by one that could not start, for it reads all files beside those that answer
_fork = multiprocessing.get_context("fork")


class WorkersFailed(LegworkError):
    """Not all workers could be started or ended."""


@dataclass(frozen=True, slots=True)
class _Worker:
    process: ForkProcess
    replaces: bool
    started: float = field(default_factory=time.monotonic)

    @property
    def age(self) -> float:
        return time.monotonic() - self.started

    @property
    def lives(self) -> bool:
        return self.process.exitcode is None

    def send(self, number: int) -> None:
        if self.process.pid is not None and self.lives:
            os.kill(self.process.pid, number)


class Supervisor:
    """Keeps `number` processes running that do `work`; one that dies is replaced.

    When one cannot start all are ended, but not for one that replaces another while an older one lives: files that are
    not fit for use must not end those who still have good ones.

    SIGTERM and SIGINT are passed on, and `patience` is the seconds that the workers have then. SIGHUP does `reload` in
    a process of its own. Must run in the main thread of a process that has no other.
    """

    def __init__(self, number: int, work: Callable[[], None], reload: Callable[[], None], *, patience: float) -> None:
        self._number, self._work, self._reload, self._patience = number, work, reload, patience
        self._workers: list[_Worker] = []
        self._ending = False
        self._failure: str | None = None
        self._lifeline, self._our_end = os.pipe()

    def run(self) -> None:
        """Returns when a signal has ended all workers; raises WorkersFailed."""
        # Waited for rather than handled: nothing can come between two instructions.
        signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
        gc.freeze()  # a collection would write to all that is shared, and so copy it
        self._workers = [_Worker(self._start(self._work), replaces=False) for _ in range(self._number)]
        while self._workers:
            self._heed(signal.sigwait(_HEARD))
        if self._failure:
            raise WorkersFailed(self._failure)

    def _heed(self, number: int) -> None:
        match number:
            case signal.SIGCHLD:
                multiprocessing.active_children()  # lets go of a reload that is done
                self._workers = [one for worker in self._workers for one in self._kept(worker)]
            case signal.SIGHUP:
                self._start(self._reload)
            case signal.SIGALRM:
                self._fail("a worker did not end in time and was killed")
                self._tell(signal.SIGKILL)
            case _:
                self._end(number)

    def _kept(self, worker: _Worker) -> list[_Worker]:
        """The worker, or the one that takes its place."""
        code = worker.process.exitcode
        if code is None:
            return [worker]
        if code == CANNOT_START and not self._ending and not self._can_do_without(worker):
            self._fail("a worker could not start")
            self._end(signal.SIGTERM)
        if self._ending:
            self._failure = self._failure or (f"a worker ended with {code}; the log says more" if code else None)
            return []
        return [self._replacement(worker, code)]

    def _can_do_without(self, worker: _Worker) -> bool:
        """Older, so that of several which cannot start the oldest ends them all."""
        return worker.replaces and any(other.lives and other.started < worker.started for other in self._workers)

    def _replacement(self, worker: _Worker, code: int) -> _Worker:
        if code == CANNOT_START:
            pause = _RETRY_SECONDS
            log.error("worker %d could not start; tried again in %g s, the others go on", worker.process.pid, pause)
        else:
            pause = max(0.0, _PAUSE_SECONDS - worker.age)
            log.error("worker %d died (%d); another one takes its place", worker.process.pid, code)
        return _Worker(self._start(self._work, pause), replaces=True, started=time.monotonic() + pause)

    def _end(self, number: int) -> None:
        if not self._ending:
            signal.setitimer(signal.ITIMER_REAL, self._patience)
        self._ending = True
        self._tell(number)

    def _tell(self, number: int) -> None:
        for worker in self._workers:
            worker.send(number)

    def _fail(self, why: str) -> None:
        log.critical(why)
        self._failure = self._failure or f"{why}; the log says more"

    def _start(self, work: Callable[[], None], pause: float = 0.0) -> ForkProcess:
        process = _fork.Process(target=self._live, args=(work, pause))
        process.start()
        return process

    def _live(self, work: Callable[[], None], pause: float) -> None:
        """What a new process does. It waits by itself, for the parent must hear signals."""
        os.setsid()  # Ctrl+C is for the parent to pass on
        os.close(self._our_end)
        threading.Thread(target=self._end_with_parent, daemon=True).start()
        heed_early_signals()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)
        time.sleep(pause)
        try:
            work()
        except LegworkError as error:
            log.critical("%s", str(error))
            sys.exit(CANNOT_START)

    def _end_with_parent(self) -> None:
        """Nobody would end or replace a worker whose parent was killed."""
        os.read(self._lifeline, 1)
        os.kill(os.getpid(), signal.SIGTERM)
