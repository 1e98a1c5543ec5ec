"""What operators change takes effect, and leaves a trace in the log."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from app.serving.serving import Serving
from app.store.switches import SharedState, Switch
from tests.support.charts import NOW
from tests.support.serving import development

CARD = Switch("card", "hypokalemia", NOW, "operator")
CLIENT = Switch("client", "https://ehr.example.org", NOW, "operator")


async def never_used(_issuer: str, _jti: str, _expires: datetime) -> bool:
    return True


@pytest.fixture
def serving(tmp_path: Path) -> Serving:
    """What a process serves."""
    return Serving(development(tmp_path), never_used, lambda _state: None)


async def heeded(serving: Serving, caplog: pytest.LogCaptureFixture, *switches: Switch, generation: int) -> list[str]:
    """What is logged when these are the switches now."""
    caplog.clear()
    await serving.apply(SharedState(generation, switches))
    return [record.message for record in caplog.records if record.levelname == "WARNING"]


async def test_each_switch_is_logged_once_when_it_is_heeded(serving: Serving, caplog: pytest.LogCaptureFixture) -> None:
    card = f"card hypokalemia is off, since {NOW} by operator"
    client = f"client https://ehr.example.org is off, since {NOW} by operator"
    assert await heeded(serving, caplog, CARD, generation=0) == [card]
    assert await heeded(serving, caplog, CARD, CLIENT, generation=0) == [client]
    assert await heeded(serving, caplog, CARD, CLIENT, generation=1) == []
    assert await heeded(serving, caplog, CLIENT, generation=1) == ["card hypokalemia is on again"]
    assert await heeded(serving, caplog, generation=2) == ["client https://ehr.example.org is on again"]


async def test_what_is_off_at_the_start_is_logged(serving: Serving, caplog: pytest.LogCaptureFixture) -> None:
    await serving.start(SharedState(3, (CARD,)))
    assert "card hypokalemia is off" in caplog.text
