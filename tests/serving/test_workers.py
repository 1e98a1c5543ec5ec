"""Workers of one machine answer as one service."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

from tests.serving.load import COUNTED_AFTER, counted
from tests.support.charts import CARDS
from tests.support.hooks import URL
from tests.support.hospital import bearer
from tests.support.process import Legwork, by_every_worker, call, until
from tests.support.real_time import signed, token


def answered(service: Legwork) -> int:
    """The calls that the metrics have counted once all are."""
    time.sleep(2 * COUNTED_AFTER)
    return counted([service.url], r'calls_total\{endpoint="call",status="200"\}')


def metrics_of(worker: int) -> set[Path]:
    """The folders in which a worker keeps its metrics."""
    mapped = Path(f"/proc/{worker}/maps").read_text().splitlines()
    return {Path(line.split()[-1]).parent for line in mapped if line.endswith(".db") and "legwork-metrics" in line}


def test_a_used_token_is_refused_by_every_worker(hospital: Legwork) -> None:
    used = bearer(token(URL))
    assert call(hospital.url, used).status_code == 200
    again = by_every_worker(hospital, lambda: call(hospital.url, used))
    assert {answer.status_code for answer in again} == {401}


def test_metrics_are_those_of_all_workers_also_of_one_that_died(hospital: Legwork) -> None:
    before = answered(hospital)
    first = by_every_worker(hospital, lambda: call(hospital.url, signed(URL)))
    assert {answer.status_code for answer in first} == {200}
    assert answered(hospital) == before + len(first)
    (killed, other) = hospital.workers
    os.kill(killed, signal.SIGKILL)
    until(lambda: len(hospital.workers) == 2 and killed not in hospital.workers, "another one takes its place")
    assert other in hospital.workers
    more = by_every_worker(hospital, lambda: call(hospital.url, signed(URL)))
    assert answered(hospital) == before + len(first) + len(more)
    assert counted([hospital.url], r"knowledge_version\{.*\}") == 1
    assert hospital.said(f"worker {killed} died (-9)")


def test_metrics_are_kept_in_memory_and_gone_with_the_service(tmp_path: Path) -> None:
    service = Legwork(tmp_path, {"workers": 2})
    with service.running():
        (folder,) = set().union(*map(metrics_of, until(lambda: len(service.workers) == 2 and service.workers, "both")))
        assert folder.parent == Path("/dev/shm")  # noqa: S108 (where it is looked for, not used)
        assert service.stop() == 0
        assert not folder.exists()


def test_a_worker_that_cannot_take_anothers_place_is_no_end_to_those_that_answer(tmp_path: Path) -> None:
    """A new set of cards is not fit, and then one worker dies."""
    cards = shutil.copytree(CARDS, tmp_path / "cards")
    service = Legwork(tmp_path / "one", {"workers": 2, "cards_dir": cards})
    with service.running() as url:
        by_every_worker(service, lambda: call(url))  # else one that is still reading the cards could not start at all
        good = (cards / "evaluation.yaml").read_text(encoding="utf-8")
        (cards / "evaluation.yaml").write_text("versoin: 1\n" + good, encoding="utf-8")
        killed = service.workers[0]
        os.kill(killed, signal.SIGKILL)
        until(lambda: service.log.count("could not start; tried again") == 2, "it was tried again")
        assert service.said("evaluation.yaml:1: ")
        assert call(url).status_code == 200
        (cards / "evaluation.yaml").write_text(good, encoding="utf-8")
        answers = by_every_worker(service, lambda: call(url))
        assert {answer.status_code for answer in answers} == {200}
        assert service.stop() == 0


def test_workers_that_cannot_start_end_the_service(tmp_path: Path) -> None:
    service = Legwork(tmp_path, {"workers": 2})
    service.data.mkdir()
    (service.data / "audit").write_text("in the way")
    service.start()
    assert service.ended() == 1
    assert "this process cannot start: [Errno 17] File exists" in service.log
    assert "a worker could not start" in service.log
