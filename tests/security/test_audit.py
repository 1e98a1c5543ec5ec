from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import delete

from app.observability.call import Endpoint
from app.observability.pseudonym import Pseudonyms
from app.observability.registry import RegisteredChain, RegistryOnLoop
from app.observability.verify import verify
from app.store import chains
from app.store.address import open_database
from app.store.database import Database
from app.store.tables import audit_chains
from tests.security.trail import NOW, Trail, call


@pytest.fixture
def trail(tmp_path: Path) -> Trail:
    return Trail(tmp_path)


def edit(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """Change the lines of a file."""
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def reseal(lines: list[bytes]) -> list[bytes]:
    """Make each record seal the one before again, as somebody would who knows how."""
    sealed: list[bytes] = []
    for line in lines:
        record = json.loads(line)
        if sealed:
            record["previous"] = sha256(sealed[-1].removesuffix(b"\n")).hexdigest()
        sealed.append(json.dumps(record, separators=(",", ":")).encode() + b"\n")
    return sealed


def other_status(lines: list[bytes]) -> list[bytes]:
    """The third record, altered."""
    return [*lines[:3], lines[3].replace(b'"status":200', b'"status":404'), *lines[4:]]


def wait_until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def test_an_untouched_trail_has_no_problems(trail: Trail) -> None:
    trail.write(20)
    trail.write(3)
    assert trail.problems() == []
    assert trail.failures == []


def test_a_record_says_who_was_answered_what(trail: Trail) -> None:
    _, record = (json.loads(line) for line in trail.write(1).read_bytes().splitlines())
    assert record.pop("previous")
    assert record == {
        "index": 1,
        "time": "2026-11-22T09:00:00Z",
        "event": "call",
        "client": "https://ehr.example.org",
        "endpoint": "call",
        "service": "leg-weakness-workup",
        "status": 200,
        "cards": [{"id": "some-card", "level": "critical"}],
        "shadow": [{"id": "other-card", "level": "info"}],
        "knowledge": "1.2.3",
        "correlation": "correlation-0",
        "patient": "a" * 64,
        "user": "b" * 64,
    }


def test_an_altered_record_is_found(trail: Trail) -> None:
    edit(trail.write(9), other_status)
    (problem,) = trail.problems()
    assert (problem.kind, problem.line, problem.is_tampering) == ("altered", 4, True)


def test_an_altered_record_is_found_when_all_later_ones_were_sealed_anew(trail: Trail) -> None:
    edit(trail.write(9), lambda lines: reseal(other_status(lines)))
    assert trail.kinds() == ["altered"]


def test_an_altered_last_record_is_found(trail: Trail) -> None:
    edit(trail.write(3), other_status)
    assert trail.kinds() == ["altered"]


def test_a_line_that_is_no_record_is_found(trail: Trail) -> None:
    edit(trail.write(9), lambda lines: [*lines[:4], b"\xff\x00\n", *lines[5:]])
    assert [(one.kind, one.line) for one in trail.problems()] == [("altered", 5)]


def test_a_removed_record_is_found(trail: Trail) -> None:
    edit(trail.write(9), lambda lines: [*lines[:4], *lines[5:]])
    assert [(one.kind, one.line) for one in trail.problems()] == [("removed", 5)]


def test_a_removed_beginning_is_found(trail: Trail) -> None:
    edit(trail.write(9), lambda lines: lines[2:])
    assert [(one.kind, one.line) for one in trail.problems()] == [("removed", 1)]


def test_reordered_records_are_found(trail: Trail) -> None:
    edit(trail.write(9), lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]])
    assert [(one.kind, one.line) for one in trail.problems()] == [("reordered", 5)]


def test_a_repeated_record_is_found(trail: Trail) -> None:
    edit(trail.write(9), lambda lines: [*lines[:4], lines[3], *lines[4:]])
    assert [(one.kind, one.line) for one in trail.problems()] == [("reordered", 5)]


def test_a_truncated_chain_is_found(trail: Trail) -> None:
    edit(trail.write(9), lambda lines: lines[:-2])
    assert trail.kinds() == ["truncated"]


def test_an_emptied_file_is_found(trail: Trail) -> None:
    edit(trail.write(9), lambda _: [])
    assert trail.kinds() == ["truncated"]


def test_a_record_added_after_the_end_is_found(trail: Trail) -> None:
    def add(lines: list[bytes]) -> list[bytes]:
        return reseal([*lines, lines[-1].replace(b'"index":9', b'"index":10')])

    edit(trail.write(9), add)
    assert trail.kinds() == ["added"]


def test_a_missing_file_is_found(trail: Trail) -> None:
    trail.write(2)
    trail.write(2).unlink()
    assert trail.kinds() == ["missing"]


def test_a_forged_chain_is_found(trail: Trail) -> None:
    path = trail.write(2)
    path.with_name("2026-11-22.0123456789abcdef.jsonl").write_bytes(path.read_bytes())
    assert trail.kinds() == ["unregistered"]


def test_the_first_record_of_a_chain_that_was_not_closed_cannot_be_exchanged(trail: Trail) -> None:
    path = trail.write(3)
    trail.ledger._run("update chain set closed = 0, last = 0, hash = first")
    edit(path, lambda lines: reseal([lines[0].replace(b"opened", b"call"), *lines[1:]]))
    assert trail.kinds() == ["altered"]


def test_what_was_registered_on_the_way_cannot_be_cut_off(trail: Trail) -> None:
    path = trail.write(9)
    trail.ledger._run("update chain set closed = 0")
    edit(path, lambda lines: lines[:6])
    assert trail.kinds() == ["truncated", "unclosed"]


def test_patient_and_user_appear_only_under_the_operators_key(trail: Trail) -> None:
    audit, names = trail.open(), Pseudonyms(b"k" * 32)
    record = call()
    record.patient = names.of("patient", "https://ehr.example.org", "patient-4711")
    record.user = names.of("user", "https://ehr.example.org", "Practitioner/4712")
    audit.record(record)
    audit.close()
    text = trail.files()[0].read_text()
    assert "4711" not in text
    assert "4712" not in text
    assert str(record.patient) in text
    assert str(record.user) in text


def test_without_a_key_neither_patient_nor_user_appears(trail: Trail) -> None:
    audit, names = trail.open(), Pseudonyms(None)
    record = call()
    record.patient = names.of("patient", "https://ehr.example.org", "patient-4711")
    record.user = names.of("user", "https://ehr.example.org", "Practitioner/4712")
    audit.record(record)
    audit.close()
    line = json.loads(trail.files()[0].read_text().splitlines()[1])
    assert not {"patient", "user"} & line.keys()


@pytest.mark.parametrize(
    ("endpoint", "audited"),
    [("call", True), ("feedback", True), ("discovery", True), ("operator", True), ("health", False), ("page", False)],
)
def test_probes_and_pages_leave_no_record(trail: Trail, endpoint: Endpoint, audited: bool) -> None:
    audit = trail.open()
    record = call()
    record.endpoint = endpoint
    audit.record(record)
    audit.close()
    assert bool(trail.files()) is audited


def test_records_are_written_while_the_service_runs(trail: Trail) -> None:
    audit = trail.open()
    audit.record(call())
    wait_until(lambda: trail.files() and b"correlation-0" in trail.files()[0].read_bytes())
    wait_until(lambda: trail.kinds() == ["unclosed"])
    assert not trail.problems()[0].is_tampering
    audit.close()
    assert trail.problems() == []


def test_files_can_be_read_by_nobody_else(trail: Trail) -> None:
    path = trail.write(1)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_each_day_has_its_own_chain(trail: Trail) -> None:
    audit = trail.open()
    for hours in (0, 14, 15, 16, 40):  # midnight is after 15
        audit.record(call(at=NOW + timedelta(hours=hours)))
    audit.record(call(at=NOW))  # began before midnight, ended after
    audit.close()
    assert [path.name[:10] for path in trail.files()] == ["2026-11-22", "2026-11-23", "2026-11-24"]
    assert [len(path.read_bytes().splitlines()) - 1 for path in trail.files()] == [2, 2, 2]
    assert trail.problems() == []


def test_what_is_older_than_asked_for_is_deleted_and_not_missed(trail: Trail) -> None:
    for days in (40, 31, 30, 0):
        trail.write(2, at=NOW - timedelta(days=days))
    assert [path.name[:10] for path in trail.files()] == ["2026-10-23", "2026-11-22"]
    assert trail.problems() == []


def test_a_chain_cannot_be_made_to_expire_by_renaming_its_file(trail: Trail) -> None:
    path = trail.write(2)
    path.rename(path.with_name(path.name.replace("2026-11-22", "2020-01-01")))
    trail.write(2)
    assert trail.kinds() == ["missing"]


def test_old_files_stay_while_the_registry_is_away(trail: Trail) -> None:
    trail.write(2, at=NOW - timedelta(days=40))
    audit = trail.open()
    trail.ledger.away = True
    audit.record(call())
    wait_until(lambda: trail.failures)
    assert len(trail.files()) == 2
    trail.ledger.away = False
    audit.close()
    assert len(trail.files()) == 1
    assert trail.problems() == []


def test_records_are_written_while_the_registry_is_away(trail: Trail, caplog: pytest.LogCaptureFixture) -> None:
    trail.ledger.away = True
    audit = trail.open()
    audit.record(call())
    wait_until(lambda: trail.failures)
    assert len(trail.files()[0].read_bytes().splitlines()) == 2
    audit.close()
    trail.ledger.away = False
    assert {kind for kind, _ in trail.failures} == {"registry"}
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]
    assert trail.kinds() == ["unregistered"]


def test_records_that_find_no_room_are_counted_in_the_chain(trail: Trail) -> None:
    audit = trail.open(capacity=10)
    for number in range(25):
        audit.record(call(number))
    audit.close()
    (problem,) = trail.problems()
    assert problem.kind == "lost"
    assert "15 records" in problem.message
    assert not problem.is_tampering
    assert trail.failures == [("lost", 15)]


def test_a_call_that_ends_after_the_trail_is_counted_as_lost(trail: Trail) -> None:
    audit = trail.open()
    audit.close()
    audit.record(call())
    assert trail.failures == [("lost", 1)]
    assert trail.problems() == []


def test_a_folder_that_cannot_be_used_is_refused_at_start(trail: Trail) -> None:
    trail.folder.write_text("a file where the folder should be")
    with pytest.raises(OSError, match="audit"):
        trail.open()


KILLED = """
import sys, time
from pathlib import Path
from tests.security.trail import Trail, call
trail = Trail(Path(sys.argv[1]))
audit = trail.open()
for number in range(50): audit.record(call(number))
while len(trail.files()) == 0 or len(trail.files()[0].read_bytes().splitlines()) < 51 or not trail.ledger.chains():
    time.sleep(0.02)
print("written", flush=True)
time.sleep(60)
"""


def killed(trail: Trail) -> Path:
    """The file of a process that was killed after 50 calls."""
    command = [sys.executable, "-c", KILLED, str(trail.home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603 (our own code)
        assert process.stdout
        assert process.stdout.readline() == b"written\n"
        process.kill()
    return trail.files()[0]


def test_a_killed_process_leaves_an_unclosed_chain_and_no_suspicion(trail: Trail) -> None:
    path = killed(trail)
    (problem,) = trail.problems()
    assert (problem.file, problem.kind, problem.line, problem.is_tampering) == (path.name, "unclosed", 51, False)


def test_half_a_record_at_the_end_of_a_killed_process_is_no_suspicion_either(trail: Trail) -> None:
    path = killed(trail)
    path.write_bytes(path.read_bytes()[:-20])
    (problem,) = trail.problems()
    assert (problem.kind, problem.is_tampering) == ("unclosed", False)
    assert "in the middle of a record" in problem.message


def test_what_a_killed_process_wrote_cannot_be_altered(trail: Trail) -> None:
    edit(killed(trail), other_status)
    assert trail.kinds() == ["altered"]


FULL = """
import logging, resource, sys, time
from pathlib import Path
from app.observability.log import configure_logging
from tests.security.trail import Trail, call
writer = configure_logging()
trail = Trail(Path(sys.argv[1]))
audit = trail.open()
resource.setrlimit(resource.RLIMIT_FSIZE, (1500, resource.RLIM_INFINITY))
for number in range(50): audit.record(call(number))
while not trail.failures: time.sleep(0.02)
while not all(line.endswith(b"\\n") for path in trail.files() for line in path.read_bytes().splitlines(True)): pass
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
audit.close()
writer.close()
print([kind for kind, times in trail.failures])
"""


def test_on_a_full_disk_records_wait_and_nothing_is_torn(trail: Trail) -> None:
    command = [sys.executable, "-c", FULL, str(trail.home)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603 (our own code)
    assert set(json.loads(done.stdout.replace("'", '"'))) == {"write"}
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["level"], line["logger"]) for line in told] == [("critical", "app.observability.audit")]
    assert "File too large; 50 records wait" in told[0]["message"]
    assert len(trail.files()[0].read_bytes().splitlines()) == 51
    assert trail.problems() == []


def test_processes_write_chains_of_their_own(trail: Trail) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.security.trail import Trail\n"
        "Trail(Path(sys.argv[1])).open().close()\n"
        "from tests.security.trail import call; a = Trail(Path(sys.argv[1])).open()\n"
        "for n in range(500): a.record(call(n))\n"
        "a.close()"
    )
    command = [sys.executable, "-c", code, str(trail.home)]
    several = [subprocess.Popen(command) for _ in range(3)]  # noqa: S603 (our own code)
    assert [one.wait(60) for one in several] == [0, 0, 0]
    assert len(trail.files()) == 3
    assert trail.problems() == []


@dataclass
class StoredChains:
    """The store's chains, as a service wires them."""

    database: Database

    async def open_chain(self, chain: str, started: datetime, first_hash: str) -> None:
        await chains.open_chain(self.database, chain, chains.Mark(0, first_hash), process="test", at=started)

    async def advance_chain(self, chain: str, last_index: int, last_hash: str) -> None:
        await chains.advance_chain(self.database, chain, chains.Mark(last_index, last_hash))

    async def close_chain(self, chain: str, last_index: int, last_hash: str) -> None:
        await chains.close_chain(self.database, chain, chains.Mark(last_index, last_hash), at=NOW)

    async def forget_chain(self, chain: str, started_before: datetime) -> None:
        old = (audit_chains.c.chain == chain) & (audit_chains.c.opened_at < started_before)
        async with self.database.write() as connection:
            await connection.execute(delete(audit_chains).where(old))


async def test_the_ends_are_registered_in_the_database(trail: Trail) -> None:
    database = open_database(None, trail.home)
    registry = RegistryOnLoop(StoredChains(database), asyncio.get_running_loop())

    def answer_calls(at: datetime) -> None:
        audit = trail.open(registry)
        for number in range(5):
            audit.record(call(number, at))
        audit.close()

    try:
        await asyncio.to_thread(answer_calls, NOW - timedelta(days=40))
        await asyncio.to_thread(answer_calls, NOW)
        (stored,) = await chains.list_chains(database)
    finally:
        await database.close()
    registered = [RegisteredChain(stored.chain, stored.first.hash, stored.last.index, stored.last.hash, True)]
    assert stored.closed_at == NOW
    assert stored.last.index == 5
    assert trail.failures == []
    assert verify(trail.folder, registered) == []
