"""What an EHR told is shown whole, however narrow the terminal."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from app.trial.ehr.finding import Finding
from app.trial.ehr.table import findings_table

URL = "https://fhir.example.org/a-base-that-is-longer-than-half-a-terminal/FHIR/R4/metadata"


@pytest.mark.parametrize("soft_wrap", [True, False])
def test_a_url_that_is_longer_than_its_cell_goes_on_below(soft_wrap: bool) -> None:
    written = StringIO()
    table = findings_table("https://ehr.example.org", [Finding("server", URL, "failed", f"{URL} was expected")])
    Console(file=written, width=80, soft_wrap=soft_wrap).print(table)
    assert "…" not in written.getvalue()
    cells = [line.split("│") for line in written.getvalue().splitlines() if line.startswith("│")]
    assert "".join(cell[2].strip() for cell in cells) == URL
