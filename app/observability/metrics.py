"""What Prometheus reads. Labels come from closed sets: ids of cards, keys of templates, names in this project."""

from __future__ import annotations

from collections import Counter as Tally
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Generic, Literal, Protocol, TypeVar, get_args

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from app.observability.audit import AuditFailure
from app.observability.call import PROBES, CallRecord
from app.observability.multiprocess import dead_processes, shared_folder

CONTENT_TYPE = prometheus_client.CONTENT_TYPE_LATEST
_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_TOGETHER = 64  # counting them holds up who comes meanwhile for less than a millisecond
_Metric = TypeVar("_Metric", Counter, Gauge, Histogram)


class _Children(dict[tuple[str, ...], _Metric], Generic[_Metric]):
    """A metric's children by the values of its labels; each is looked up in the metric, which locks, only once."""

    def __init__(self, metric: _Metric) -> None:
        self._metric: _Metric = metric

    def __missing__(self, labels: tuple[str, ...]) -> _Metric:
        self[labels] = self._metric.labels(*labels) if labels else self._metric
        return self[labels]


def _add(metric: _Children[Counter], labels: Iterable[tuple[str, ...]]) -> None:
    """Count many together: a metric takes a lock each time."""
    for one, times in Tally(labels).items():
        metric[one].inc(times)


class Queue(Protocol):
    """What waits to be written to the database; `lost` counts what found no room."""

    @property
    def lost(self) -> int:
        """How many, since the process began."""

    def __len__(self) -> int: ...


class Metrics:
    """The service's metrics: of this process or, when a folder was prepared (multiprocess.py), of all its workers."""

    def __init__(self) -> None:
        # A "_created" series beside each one doubles what is stored and sent, and nobody reads it.
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call] # it carries no annotations
        self._registry = CollectorRegistry()
        self._calls = self._counter("calls", "Calls by status of their answer", "endpoint", "status")
        self._seconds = self._histogram("call_seconds", "Duration of calls", "endpoint")
        self._phases = self._histogram("phase_seconds", "Duration of the parts of calls", "phase")
        self._cards = self._counter("cards", "Cards shown", "card", "level")
        self._shadow = self._counter("shadow_cards", "Cards that fired in shadow mode", "card", "level")
        self._suppressions = self._counter("suppressions", "Orders and cards held back", "reason")
        self._inputs = self._counter("inputs", "Inputs by where they came from", "input", "source")
        self._fetch_errors = self._counter("fetch_errors", "Failed requests to FHIR servers", "kind")
        self._feedback = self._counter("feedback", "Feedback on cards", "outcome")
        self._audit = self._counter("audit_failures", "Failures of the audit trail", "kind")
        self._knowledge = self._gauge("knowledge_version", "1: the knowledge in use", "livemax", "version", "hash")
        self._queue = self._gauge("recorder_queue_depth", "Records waiting for the database", "livesum")
        self._overflow = self._counter("recorder_overflow", "Records lost because too many waited")
        self._log_lines = self._counter("log_lines_lost", "Log lines lost because nobody read them")
        for kind in get_args(AuditFailure):
            self._audit[kind,]  # at zero: of a series that begins with its first failure, Prometheus sees no increase
        self._in_use: tuple[str, str] | None = None
        self._uncounted: deque[CallRecord] = deque()
        self._recorder: Queue | None = None
        self._overflowed = 0

    def record(self, call: CallRecord) -> None:
        """Take a call that is over. It is counted a little later: many together cost a third of one by one."""
        self._uncounted.append(call)
        if len(self._uncounted) >= _TOGETHER:
            self._count_all()

    def _count_all(self) -> None:
        calls = list(self._taken())
        _add(self._calls, ((one.endpoint, str(one.status or "none")) for one in calls))
        seen = [one for one in calls if one.endpoint not in PROBES]
        for call in seen:
            self._seconds[call.endpoint,].observe(call.seconds)
            for phase in call.phases:
                self._phases[phase.name,].observe(phase.seconds)
        _add(self._inputs, (key_and_source for one in seen for key_and_source in one.inputs.items()))
        _add(self._fetch_errors, ((kind,) for one in seen for kind in one.fetch_errors))
        _add(self._feedback, ((outcome,) for one in seen for outcome in one.feedback))
        _add(self._cards, ((card.id, card.level) for one in seen for card in one.cards))
        _add(self._shadow, ((card.id, card.level) for one in seen for card in one.shadow))
        for call in seen:
            for reason, times in call.suppressions.items():
                self._suppressions[reason,].inc(times)

    def _taken(self) -> Iterator[CallRecord]:
        while self._uncounted:
            try:
                yield self._uncounted.popleft()
            except IndexError:
                return  # a scrape in another thread was faster

    def use_knowledge(self, version: str, content_hash: str) -> None:
        """Say which knowledge is in use, at start and after each reload."""
        if self._in_use:
            self._knowledge[self._in_use].set(0)
        self._in_use = (version, content_hash)
        self._knowledge[self._in_use].set(1)

    def watch_recorder(self, recorder: Queue) -> None:
        """Report how many records wait and were lost, as `refresh` finds it."""
        self._recorder = recorder

    def audit_failed(self, kind: AuditFailure, times: int) -> None:
        """Count a failed write or registration, or records that were lost."""
        self._audit[kind,].inc(times)

    def log_lines_lost(self, lines: int) -> None:
        """Count lines that were lost."""
        self._log_lines[()].inc(lines)

    def render(self) -> bytes:
        """The text that Prometheus scrapes; reads files when there are several workers, so not for the event loop."""
        self.refresh()
        folder = shared_folder()
        if folder is None:
            return prometheus_client.generate_latest(self._registry)
        for process in dead_processes(folder):
            mark_process_dead(process, str(folder))  # type: ignore[no-untyped-call] # it carries no annotations
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(folder))  # type: ignore[no-untyped-call] # it carries no annotations
        return prometheus_client.generate_latest(registry)

    def refresh(self) -> None:
        """Count what was taken, and look at the recorder; besides each scrape, to be done every second or so.

        A scrape of several workers asks one of them, and reads what the others have counted.
        """
        self._count_all()
        if self._recorder is None:
            return
        self._queue[()].set(len(self._recorder))
        lost = self._recorder.lost
        if lost > self._overflowed:
            self._overflow[()].inc(lost - self._overflowed)
            self._overflowed = lost

    def _counter(self, name: str, told: str, *labels: str) -> _Children[Counter]:
        return _Children(Counter(f"legwork_{name}", told, labels, registry=self._registry))

    def _gauge(self, name: str, told: str, mode: Literal["livemax", "livesum"], *labels: str) -> _Children[Gauge]:
        return _Children(Gauge(f"legwork_{name}", told, labels, registry=self._registry, multiprocess_mode=mode))

    def _histogram(self, name: str, told: str, *labels: str) -> _Children[Histogram]:
        return _Children(Histogram(f"legwork_{name}", told, labels, registry=self._registry, buckets=_BUCKETS))
