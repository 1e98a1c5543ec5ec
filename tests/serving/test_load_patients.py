"""`legwork load-patients` from the outside."""

from __future__ import annotations

from pathlib import Path

from tests.support.fhir_server import FhirServer
from tests.support.process import Legwork


def test_a_token_file_that_cannot_be_read_is_said_before_anything_is_sent(legwork: Legwork, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with FhirServer() as server:
        done = legwork.run("load-patients", server.url, "--token-file", missing)
        assert server.seen == []
    assert done.returncode == 1
    assert f"the token file {missing} cannot be read" in done.stderr
    assert "Traceback" not in done.stderr
