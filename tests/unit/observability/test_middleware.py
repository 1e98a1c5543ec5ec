from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import pytest
from fastapi import FastAPI, Response
from starlette.responses import StreamingResponse
from starlette.testclient import TestClient

from app.observability.call import current_call
from app.observability.middleware import ObserveCalls
from tests.unit.observability.records import NOW, Kept

app = FastAPI()


@app.post("/cds-services/{service}")
async def call(service: str) -> dict[str, str]:
    with current_call().phase("decode"):
        current_call().client = "https://ehr.example.org"
    return {"correlation": current_call().correlation}


@app.get("/cards/{card}")
def page(card: str) -> Response:
    """In a thread of the pool."""
    current_call().error = "Seen"
    return Response(card)


@app.get("/broken")
async def broken() -> None:
    raise RuntimeError("broken")


@app.get("/stream")
async def stream() -> StreamingResponse:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"

    return StreamingResponse(chunks())


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def client(kept: Kept) -> Iterator[TestClient]:
    observed = ObserveCalls(app, sinks=[kept], services=["leg-weakness-workup"], clock=lambda: NOW)
    with TestClient(observed, raise_server_exceptions=False) as connected:
        yield connected


def test_a_call_is_recorded_when_it_is_over(client: TestClient, kept: Kept) -> None:
    client.post("/cds-services/leg-weakness-workup")
    (record,) = kept.calls
    assert (record.started, record.endpoint, record.service, record.status) == (
        NOW,
        "call",
        "leg-weakness-workup",
        200,
    )
    assert record.client == "https://ehr.example.org"
    assert [phase.name for phase in record.phases] == ["decode"]
    assert 0 < record.phases[0].seconds < record.seconds


@pytest.mark.parametrize(
    ("path", "endpoint", "service"),
    [
        ("/cds-services", "discovery", None),
        ("/cds-services/", "discovery", None),
        ("/cds-services/leg-weakness-workup", "call", "leg-weakness-workup"),
        ("/cds-services/patient-4711", "call", "other"),
        ("/cds-services/leg-weakness-workup/feedback", "feedback", "leg-weakness-workup"),
        ("/cds-services/leg-weakness-workup/patient-4711", "other", "leg-weakness-workup"),
        ("/cards/some-card", "page", None),
        ("/feedback/summary", "operator", None),
        ("/metrics", "metrics", None),
        ("/readyz", "health", None),
        ("/patient-4711", "other", None),
        ("/", "other", None),
    ],
)
def test_the_target_is_named_from_a_closed_set(
    client: TestClient, kept: Kept, path: str, endpoint: str, service: str | None
) -> None:
    client.get(path)
    assert (kept.calls[-1].endpoint, kept.calls[-1].service) == (endpoint, service)


@pytest.mark.parametrize("name", ["X-Correlation-ID", "X-Request-ID"])
def test_a_clients_correlation_id_goes_back_as_it_came(client: TestClient, kept: Kept, name: str) -> None:
    answer = client.post("/cds-services/x", headers={name: "req-0123.45_6"})
    assert answer.headers[name] == "req-0123.45_6"
    assert answer.json() == {"correlation": "req-0123.45_6"}
    assert kept.calls[0].correlation == "req-0123.45_6"


@pytest.mark.parametrize(
    "value", ["short", "has space inside", "x" * 129, 'quote"quote"', "<script>alert", "-leading-dash"]
)
def test_what_is_no_correlation_id_is_replaced(client: TestClient, kept: Kept, value: str) -> None:
    answer = client.post("/cds-services/x", headers={"X-Correlation-ID": value})
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Correlation-ID"])
    assert value not in str(answer.headers)
    assert kept.calls[0].correlation == answer.headers["X-Correlation-ID"]


def test_each_call_without_a_correlation_id_gets_its_own(client: TestClient) -> None:
    ids = {client.get("/cds-services").headers["X-Correlation-ID"] for _ in range(5)}
    assert len(ids) == 5


def test_a_refusal_of_the_framework_is_recorded(client: TestClient, kept: Kept) -> None:
    assert client.delete("/cards/x").status_code == 405
    assert kept.calls[0].status == 405


def test_a_bug_is_recorded_and_not_hidden(kept: Kept) -> None:
    observed = ObserveCalls(app, sinks=[kept], services=[], clock=lambda: NOW)
    with TestClient(observed) as connected, pytest.raises(RuntimeError, match="broken"):
        connected.get("/broken")
    assert kept.calls[0].status == 500


def test_an_app_that_gives_no_answer_is_recorded_without_status(kept: Kept) -> None:
    async def silent(scope: object, receive: object, send: object) -> None:
        raise RuntimeError("nothing")

    observed = ObserveCalls(silent, sinks=[kept], services=[], clock=lambda: NOW)
    with pytest.raises(RuntimeError, match="nothing"):
        TestClient(observed).get("/cds-services")
    assert kept.calls[0].status is None


def test_a_route_that_runs_in_a_thread_fills_the_same_record(client: TestClient, kept: Kept) -> None:
    client.get("/cards/x")
    assert kept.calls[0].error == "Seen"


def test_a_streamed_answer_is_over_with_its_last_byte(client: TestClient, kept: Kept) -> None:
    assert client.get("/stream").content == b"ab"
    assert len(kept.calls) == 1


def test_the_trace_parent_is_kept_for_the_traces(client: TestClient, kept: Kept) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    client.get("/cds-services", headers={"traceparent": parent})
    assert kept.calls[0].trace_parent == parent
