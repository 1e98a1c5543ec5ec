"""Reading fixture patients."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.trial.fixture import UnusableFixture, read_fixture, read_fixtures

KEYS = ("patient", "labs")
PATIENT = {"resourceType": "Patient", "id": "p1"}


def a_folder(at: Path, prefetch: Any, name: str = "weak-legs") -> Path:
    folder = at / name
    folder.mkdir()
    request = {"context": {"patientId": "p1"}, "prefetch": prefetch}
    (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
    (folder / "expected.json").write_text('{"now": "2026-11-22T09:00:00Z"}', encoding="utf-8")
    return folder


def a_bundle(*resources: Any) -> Any:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one} for one in resources]}


def test_a_fixture_has_its_day_its_patient_and_its_resources(tmp_path: Path) -> None:
    lab = {"resourceType": "Observation", "id": "o1"}
    fixture = read_fixture(a_folder(tmp_path, {"patient": PATIENT, "labs": a_bundle(lab)}), KEYS)
    assert (fixture.name, fixture.day, fixture.patient) == ("weak-legs", date(2026, 11, 22), "Patient/p1")
    assert fixture.resources == (PATIENT, lab)
    assert not fixture.notes


def test_messages_of_a_server_are_no_part_of_the_chart(tmp_path: Path) -> None:
    message = {"resourceType": "OperationOutcome", "issue": []}
    fixture = read_fixture(a_folder(tmp_path, {"patient": PATIENT, "labs": a_bundle(message)}), KEYS)
    assert fixture.resources == (PATIENT,)
    assert not fixture.notes


@pytest.mark.parametrize(
    ("prefetch", "note"),
    [
        ({"patient": PATIENT}, "`labs` was not sent"),
        ({"patient": PATIENT, "labs": {"resourceType": "OperationOutcome"}}, "`labs` could not be had"),
    ],
)
def test_what_could_not_be_had_is_noted(tmp_path: Path, prefetch: Any, note: str) -> None:
    (said,) = read_fixture(a_folder(tmp_path, prefetch), KEYS).notes
    assert note in said


def test_a_query_that_found_nothing_is_not_noted(tmp_path: Path) -> None:
    assert not read_fixture(a_folder(tmp_path, {"patient": PATIENT, "labs": None}), KEYS).notes


def test_a_resource_that_stands_twice_is_read_once_and_a_difference_is_noted(tmp_path: Path) -> None:
    one, other = ({"resourceType": "Observation", "id": "o1", "status": status} for status in ("final", "amended"))
    fixture = read_fixture(a_folder(tmp_path, {"patient": PATIENT, "labs": a_bundle(one, one, other)}), KEYS)
    assert fixture.resources == (PATIENT, one)
    assert fixture.notes == ("Observation/o1 stands twice in the chart; the one of `labs` is left out",)


def test_a_folder_without_fixtures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableFixture, match=r"request\.json"):
        read_fixtures(tmp_path, KEYS)


@pytest.mark.parametrize("content", ["[", "[]", '{"context": {}}', '{"context": {"patientId": "p1"}, "prefetch": [1]}'])
def test_what_is_no_request_is_refused_with_its_folder(tmp_path: Path, content: str) -> None:
    folder = a_folder(tmp_path, {})
    (folder / "request.json").write_text(content, encoding="utf-8")
    with pytest.raises(UnusableFixture, match="weak-legs"):
        read_fixture(folder, KEYS)


def test_a_name_that_cannot_be_an_id_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableFixture, match="letters"):
        read_fixture(a_folder(tmp_path, {}, name="weak_legs"), KEYS)
