"""`legwork check-ehr` from the outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.capability import statement
from tests.support.charts import foot_drop, patient
from tests.support.fhir_server import Answer, FhirServer
from tests.support.hospital import registration
from tests.support.process import Legwork
from tests.support.real_time import as_hospital, register
from tests.support.tokens import ISSUER


@pytest.fixture
def ehr(tmp_path: Path) -> tuple[Legwork, Path]:
    clients = tmp_path / "config" / "clients.yaml"
    return Legwork(tmp_path, as_hospital(clients)), clients


def test_an_ehr_is_tried_with_a_token_from_a_file(ehr: tuple[Legwork, Path], tmp_path: Path) -> None:
    legwork, clients = ehr
    token = tmp_path / "token"
    token.write_text("a-token\n")
    with FhirServer([patient(), foot_drop()]) as server:
        server.on("metadata", statement())
        register(clients, registration(fhir_servers=[{"url": server.url, "private": True}]))
        done = legwork.run("check-ehr", ISSUER, "--patient", "p1", "--token-file", token)
        assert (done.returncode, done.stderr) == (0, "")
        for words in (ISSUER, "key-1", "4.0.1", "conditions"):
            assert words in done.stdout
        assert server.asked("Condition")[0].headers["authorization"] == "Bearer a-token"
        server.on("Condition", Answer(status=401))
        done = legwork.run("check-ehr", "--patient", "p1", "--token-file", token)
        assert done.returncode == 1
        assert "failed" in done.stdout
        assert "a-token" not in done.stdout + done.stderr


def test_what_is_missing_is_said(ehr: tuple[Legwork, Path]) -> None:
    legwork, clients = ehr
    register(clients, registration())
    for arguments, words in [
        (["https://nobody.example.org"], ISSUER),
        ([ISSUER, "--patient", "p1"], "CHECK_EHR_TOKEN"),
        ([ISSUER, "--token-file", "missing"], "cannot be read"),
    ]:
        done = legwork.run("check-ehr", *arguments)
        assert done.returncode == 1
        assert words in done.stderr
        assert "Traceback" not in done.stderr
