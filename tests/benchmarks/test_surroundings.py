"""What surrounds the service in the benchmarks is what it says it is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from app.fhir.templates import TEMPLATES
from app.knowledge.knowledge import load_knowledge
from app.settings import CARDS
from tests.benchmarks.bare import app as bare
from tests.benchmarks.bodies import SIZES, mixed_bodies
from tests.benchmarks.fhir import FhirServer
from tests.benchmarks.knowledge import write_copies
from tests.benchmarks.table import Table

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
BODY = mixed_bodies(SIZES["small"], 1, NOW)[0]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.key)
async def test_the_fhir_server_holds_what_the_bodies_prefetch(template: object) -> None:
    call = json.loads(BODY)
    query = template.query.replace("{{context.patientId}}", call["context"]["patientId"])  # type: ignore[attr-defined]
    transport = httpx.ASGITransport(FhirServer([BODY], latency=0))
    async with httpx.AsyncClient(transport=transport, base_url="http://fhir.test/fhir/") as client:
        answer = await client.get(f"{query}&_count=1000" if "?" in query else query)
    assert answer.json() == call["prefetch"][template.key]  # type: ignore[attr-defined]


async def test_the_yardstick_reads_the_body() -> None:
    transport = httpx.ASGITransport(bare)
    async with httpx.AsyncClient(transport=transport, base_url="http://bare.test") as client:
        answer = await client.post("/cds-services/leg-weakness-workup", content=BODY)
        assert answer.json()["cards"]
        with pytest.raises(json.JSONDecodeError):
            await client.post("/cds-services/leg-weakness-workup", content=b"{")


def test_copied_knowledge_is_fit_for_use_and_shares_no_code(tmp_path: Path) -> None:
    once = load_knowledge(CARDS)
    twice = load_knowledge(write_copies(CARDS, tmp_path / "cards", 2))
    copied = [card for card in twice.cards if card.id.endswith("-copy-1")]
    assert len(twice.cards) == len(once.cards) + len(copied)
    assert len(copied) >= len(once.cards) * 0.9
    for kind in ("labs", "medications", "orders"):
        assert len(getattr(twice.vocabulary, kind)) == 2 * len(getattr(once.vocabulary, kind))
    codes = [set(entry.loinc) for entry in twice.vocabulary.labs.values()]
    assert len(set().union(*codes)) == 2 * len(set().union(*(set(one.loinc) for one in once.vocabulary.labs.values())))


def test_a_table_is_markdown() -> None:
    table = Table("Title", "How.", ("what", "ms"), (("a", 0.1234), ("b", 1234.5), ("c", 7)))
    assert table.markdown() == (
        "## Title\n\nHow.\n\n| what | ms |\n| --- | --- |\n| a | 0.123 |\n| b | 1234 |\n| c | 7 |\n"
    )
