"""A bug is answered with 500, and the log tells where it is."""

from __future__ import annotations

import json

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from app.hooks.outcome import NoTraceback
from app.observability.log_line import format_record

SAID = "what the chart said"


async def bug(_scope: Scope, _receive: Receive, _send: Send) -> None:
    try:
        raise ValueError(SAID)
    except ValueError as error:
        raise KeyError(SAID) from error


async def test_the_log_tells_types_and_places_of_a_bug_and_nothing_of_the_chart(
    caplog: pytest.LogCaptureFixture,
) -> None:
    transport = httpx.ASGITransport(NoTraceback(bug))
    async with httpx.AsyncClient(transport=transport, base_url="http://legwork") as client:
        answer = await client.get("/")
    (record,) = [record for record in caplog.records if record.name == "app.hooks.outcome"]
    line = json.loads(format_record(record))
    assert (answer.status_code, line["message"]) == (500, "a call failed: KeyError")
    assert (line["error"]["type"], line["error"]["cause"]["type"]) == ("KeyError", "ValueError")
    assert line["error"]["where"][-1].startswith("tests/unit/hooks/test_outcome.py:")
    assert SAID not in json.dumps(line) + answer.text
