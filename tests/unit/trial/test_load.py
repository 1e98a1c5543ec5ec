"""Loading fixture patients over a real socket."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.fhir.templates import TEMPLATES
from app.trial.fixture import name_of, read_fixture
from app.trial.load import LoadedPatient, Refusal, Target, UnusableServer, load_patients
from app.trial.move import moved, references_of
from tests.support.fhir_server import Answer, FhirServer, Seen

FIXTURES = Path("fixtures/patients")
TODAY = date(2026, 11, 25)
KEYS = tuple(template.key for template in TEMPLATES)


class Store(FhirServer):
    """Takes what is put as HAPI does: under the id of the URL, and only when all references lead somewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[str, Any] = {}

    def _usually(self, seen: Seen) -> Answer:
        return self._take(seen.path, json.loads(seen.body)) if seen.method == "PUT" else super()._usually(seen)

    def _take(self, path: str, resource: Any) -> Answer:
        dead = {name for name in references_of(resource) if not name.startswith("#")} - self.held.keys()
        if name_of(resource) != path or dead:
            issue = {"severity": "error", "code": "processing", "diagnostics": f"not found: {sorted(dead)}"}
            return Answer({"resourceType": "OperationOutcome", "issue": [issue]}, status=422)
        status = 200 if path in self.held else 201
        self.held[path] = resource
        return Answer(resource, status=status)


@pytest.fixture
def server() -> Iterator[Store]:
    with Store() as server:
        yield server


def load(server: FhirServer, folder: Path = FIXTURES) -> list[LoadedPatient]:
    return list(load_patients(Target(server.url), folder, KEYS, today=TODAY))


def one_patient(at: Path, *conditions: Any) -> Path:
    """A folder with one small fixture."""
    (at / "small").mkdir()
    entries = [{"resource": condition} for condition in conditions]
    prefetch = {
        "patient": {"resourceType": "Patient", "id": "p1"},
        "conditions": {"resourceType": "Bundle", "type": "searchset", "entry": entries},
    }
    request = {"context": {"patientId": "p1"}, "prefetch": prefetch}
    (at / "small" / "request.json").write_text(json.dumps(request), encoding="utf-8")
    (at / "small" / "expected.json").write_text('{"now": "2026-11-22T09:00:00Z"}', encoding="utf-8")
    return at


def test_every_fixture_patient_is_taken_whole(server: Store) -> None:
    loaded = load(server)
    assert {one.name for one in loaded} == {folder.name for folder in FIXTURES.iterdir()}
    assert not [one for one in loaded if one.refusals]
    assert sum(one.stored for one in loaded) == len(server.held)
    assert {f"Patient/{one.name}" for one in loaded} <= server.held.keys()


def test_loading_twice_changes_nothing(server: Store) -> None:
    load(server)
    before = dict(server.held)
    load(server)
    assert server.held == before
    assert len([seen for seen in server.seen if seen.method == "PUT"]) == 2 * len(before)


def test_what_a_fixture_cannot_show_on_a_server_is_told(server: Store, tmp_path: Path) -> None:
    (loaded,) = load(server, one_patient(tmp_path))
    assert any("`labs` was not sent" in note for note in loaded.notes)


def test_a_refused_resource_is_told_with_the_reason_and_the_others_are_stored(server: Store, tmp_path: Path) -> None:
    good, bad = ({"resourceType": "Condition", "id": name} for name in ("good", "bad"))
    folder = one_patient(tmp_path, good, bad)
    (*_, path) = [name_of(resource) for resource in moved(read_fixture(folder / "small", KEYS), TODAY)]
    server.on(path, Answer("<html>", status=422, content_type="text/html"))
    (loaded,) = load(server, folder)
    assert loaded.refusals == (Refusal(path, "422 Unprocessable Entity"),)
    assert loaded.stored == 2


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer({"resourceType": "CapabilityStatement", "fhirVersion": "5.0.0"}), "FHIR R4 was expected, not 5.0.0"),
        (Answer("<html>", content_type="text/html"), "a CapabilityStatement was expected"),
        (Answer(status=404), "404"),
    ],
)
def test_a_server_that_does_not_speak_r4_is_refused(server: Store, answer: Answer, message: str) -> None:
    server.on("metadata", answer)
    with pytest.raises(UnusableServer, match=message):
        load(server)
    assert not server.held


def test_a_server_that_is_not_there_is_named() -> None:
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/fhir"
        with pytest.raises(UnusableServer, match=url):
            list(load_patients(Target(url), FIXTURES, KEYS, today=TODAY))


def test_a_server_that_hangs_up_in_the_middle_is_an_error(server: Store, tmp_path: Path) -> None:
    server.on("Patient/small", Answer(ending="hung-up"))
    with pytest.raises(UnusableServer, match="Patient/small"):
        load(server, one_patient(tmp_path))


def test_a_server_that_comes_up_late_is_waited_for(server: Store, tmp_path: Path) -> None:
    capabilities = Answer({"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"})
    server.on("metadata", Answer(status=503), capabilities)
    (loaded,) = load_patients(Target(server.url, wait=10), one_patient(tmp_path), KEYS, today=TODAY)
    assert loaded.stored == 1


def test_a_token_goes_with_every_request(server: Store, tmp_path: Path) -> None:
    list(load_patients(Target(server.url, "a-token"), one_patient(tmp_path), KEYS, today=TODAY))
    assert {seen.headers["authorization"] for seen in server.seen} == {"Bearer a-token"}
