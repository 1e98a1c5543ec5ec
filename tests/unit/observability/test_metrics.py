from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.observability.metrics import Metrics
from app.observability.multiprocess import dead_processes, prepare_folder, shared_folder
from tests.unit.observability.records import answered

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: bytes) -> Samples:
    families = text_string_to_metric_families(text.decode())
    return {
        (sample.name.removeprefix("legwork_"), tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def value(told: Samples, name: str, **labels: str) -> float | None:
    return told.get((name, tuple(sorted(labels.items()))))


class Waiting:
    """A recorder with three records that wait and two lost."""

    lost = 2

    def __len__(self) -> int:
        return 3


def test_a_call_is_counted_in_every_respect() -> None:
    metrics = Metrics()
    call = answered()
    call.feedback = ["accepted", "accepted", "overridden"]
    metrics.record(call)
    metrics.record(call)
    told = samples(metrics.render())
    assert value(told, "calls_total", endpoint="call", status="200") == 2
    assert value(told, "cards_total", card="one", level="critical") == 2
    assert value(told, "shadow_cards_total", card="three", level="warning") == 2
    assert value(told, "suppressions_total", reason="order-done") == 4
    assert value(told, "inputs_total", input="labs", source="fetched") == 2
    assert value(told, "inputs_total", input="reports", source="unavailable") == 2
    assert value(told, "fetch_errors_total", kind="timeout") == 2
    assert value(told, "feedback_total", outcome="accepted") == 4
    assert value(told, "feedback_total", outcome="overridden") == 2
    assert value(told, "call_seconds_count", endpoint="call") == 2
    assert value(told, "call_seconds_bucket", endpoint="call", le="0.01") == 0
    assert value(told, "call_seconds_bucket", endpoint="call", le="0.025") == 2
    assert value(told, "phase_seconds_count", phase="reason") == 2


def test_no_series_tells_who_called_or_for_whom() -> None:
    metrics = Metrics()
    metrics.record(answered())
    text = metrics.render().decode()
    for secret in ("ehr.example.org", "correlation-1", "a" * 64, "b" * 64):
        assert secret not in text


def test_a_probe_is_counted_without_its_duration() -> None:
    metrics = Metrics()
    call = answered()
    call.endpoint, call.status = "health", 503
    metrics.record(call)
    told = samples(metrics.render())
    assert value(told, "calls_total", endpoint="health", status="503") == 1
    assert value(told, "call_seconds_count", endpoint="health") is None


def test_a_call_without_an_answer_is_counted_as_such() -> None:
    metrics = Metrics()
    call = answered()
    call.status = None
    metrics.record(call)
    assert value(samples(metrics.render()), "calls_total", endpoint="call", status="none") == 1


def test_after_a_reload_only_the_new_knowledge_counts_as_in_use() -> None:
    metrics = Metrics()
    metrics.use_knowledge("1.0", "aa")
    metrics.use_knowledge("1.1", "bb")
    told = samples(metrics.render())
    assert value(told, "knowledge_version", version="1.0", hash="aa") == 0
    assert value(told, "knowledge_version", version="1.1", hash="bb") == 1


def test_what_waits_and_what_was_lost_is_told_and_a_loss_is_counted_once() -> None:
    metrics = Metrics()
    metrics.watch_recorder(Waiting())
    metrics.record(answered())
    metrics.audit_failed("write", 4)
    metrics.log_lines_lost(5)
    told = samples(metrics.render())
    assert value(told, "recorder_queue_depth") == 3
    assert value(told, "recorder_overflow_total") == 2
    assert value(told, "audit_failures_total", kind="write") == 4
    assert value(told, "log_lines_lost_total") == 5


def test_what_must_never_happen_is_there_at_zero_so_that_its_first_time_is_seen() -> None:
    told = samples(Metrics().render())
    for kind in ("write", "registry", "lost"):
        assert value(told, "audit_failures_total", kind=kind) == 0
    assert value(told, "recorder_overflow_total") == 0
    assert value(told, "log_lines_lost_total") == 0


WORKER = """
import sys, time
from tests.unit.observability.records import answered
from app.observability.metrics import Metrics
metrics = Metrics()
metrics.use_knowledge("1.0", "aa")
class Waiting:
    lost = 1
    def __len__(self): return 3
metrics.watch_recorder(Waiting())
for _ in range(int(sys.argv[1])): metrics.record(answered())
metrics.refresh()  # as the service does every second
print("counted", flush=True)
sys.stdin.readline()
print(metrics.render().decode(), flush=True)
"""


class Worker:
    """A process that has counted some calls, and tells what it would tell Prometheus."""

    def __init__(self, calls: int) -> None:
        command = [sys.executable, "-c", WORKER, str(calls)]
        self.process = subprocess.Popen(  # noqa: S603 (our own code)
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        assert self.process.stdout.readline() == "counted\n"

    def render(self) -> Samples:
        """Ask it, and let it end."""
        told, _ = self.process.communicate("tell\n", timeout=20)
        return samples(told.encode())

    def kill(self) -> None:
        """End it as the system does when memory runs out."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    return prepare_folder(tmp_path / "metrics")


def test_any_worker_tells_of_all_workers(folder: Path) -> None:
    first, second = Worker(3), Worker(4)
    told = first.render()
    second.kill()
    assert value(told, "calls_total", endpoint="call", status="200") == 7
    assert value(told, "phase_seconds_count", phase="reason") == 7
    assert value(told, "knowledge_version", version="1.0", hash="aa") == 1
    assert value(told, "recorder_queue_depth") == 6
    assert value(told, "recorder_overflow_total") == 2


def test_a_killed_workers_calls_still_count_and_its_queue_is_gone(folder: Path) -> None:
    killed, living = Worker(3), Worker(4)
    killed.kill()
    assert dead_processes(folder) == {killed.process.pid}
    told = living.render()
    assert value(told, "calls_total", endpoint="call", status="200") == 7
    assert value(told, "recorder_queue_depth") == 3


def test_the_folder_is_emptied_of_metrics_and_of_nothing_else(folder: Path) -> None:
    (folder / "counter_1.db").write_bytes(b"old")
    (folder / "notes.txt").write_text("keep")
    assert prepare_folder(folder) == folder == shared_folder()
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_without_a_folder_one_is_made_in_memory_and_removed_at_the_end() -> None:
    code = (
        "import os; from app.observability.multiprocess import prepare_folder; folder = prepare_folder()\n"
        "print(os.environ['PROMETHEUS_MULTIPROC_DIR'], oct(folder.stat().st_mode), folder.stat().st_dev)"
    )
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 (our own code)
    folder, mode, device = told.split()
    assert mode == "0o40700"
    assert int(device) == Path("/dev/shm").stat().st_dev  # noqa: S108 (where memory is)
    assert not Path(folder).exists()
