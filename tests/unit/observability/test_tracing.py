from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from app.observability.tracing import Traces
from tests.unit.observability.records import answered

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Collector:
    """A receiver of OTLP over HTTP."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.bodies: list[bytes] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector.paths.append(self.path)
                collector.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name is BaseHTTPRequestHandler's)
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever)
        self._thread.start()

    def spans(self) -> list[Any]:
        """Every span that came."""
        return [span for _, scope in self._scopes() for span in scope.spans]

    def resource(self) -> dict[str, str]:
        """What is said of the service."""
        return {one.key: one.value.string_value for resource, _ in self._scopes() for one in resource.attributes}

    def _scopes(self) -> Iterator[tuple[Any, Any]]:
        for body in self.bodies:
            request = ExportTraceServiceRequest()
            request.ParseFromString(body)
            for several in request.resource_spans:
                for scope in several.scope_spans:
                    yield several.resource, scope

    def close(self) -> None:
        """Stop."""
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        # A proxy of the environment that nobody answers: it must not be used.
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{unused.getsockname()[1]}")
        running = Collector()
        yield running
        running.close()


def attributes(span: Any) -> dict[str, Any]:
    return {one.key: one.value for one in span.attributes}


def test_a_call_becomes_a_span_with_one_for_each_phase_inside(collector: Collector) -> None:
    traces = Traces(f"{collector.endpoint}/", "1.2.3")
    traces.record(answered())
    traces.close()
    assert collector.paths == ["/v1/traces"]
    spans = {span.name: span for span in collector.spans()}
    call, phase = spans["call"], spans["reason"]
    assert set(spans) == {"call", "reason"}
    assert phase.parent_span_id == call.span_id
    assert phase.trace_id == call.trace_id
    assert call.start_time_unix_nano == 1795338000 * 10**9
    assert (call.end_time_unix_nano - call.start_time_unix_nano) // 1000 == 12345
    assert call.start_time_unix_nano <= phase.start_time_unix_nano <= phase.end_time_unix_nano
    told = attributes(call)
    assert told["http.response.status_code"].int_value == 200
    assert told["legwork.client"].string_value == "https://ehr.example.org"
    assert [one.string_value for one in told["legwork.cards"].array_value.values] == ["one=critical", "two=info"]
    assert [one.string_value for one in told["legwork.unavailable"].array_value.values] == ["reports"]
    assert collector.resource()["service.name"] == "legwork"
    assert collector.resource()["service.version"] == "1.2.3"


def test_patient_and_user_are_in_no_span_not_even_hashed(collector: Collector) -> None:
    traces = Traces(collector.endpoint, "1")
    traces.record(answered())
    traces.close()
    assert collector.bodies
    for body in collector.bodies:
        assert b"aaaaaaaa" not in body
        assert b"bbbbbbbb" not in body


def test_the_clients_trace_goes_on(collector: Collector) -> None:
    traces = Traces(collector.endpoint, "1")
    call = answered()
    call.trace_parent = PARENT
    traces.record(call)
    traces.close()
    (span,) = [one for one in collector.spans() if one.name == "call"]
    assert span.trace_id.hex() == "0af7651916cd43dd8448eb211c80319c"
    assert span.parent_span_id.hex() == "b7ad6b7169203331"


def test_what_is_no_trace_parent_begins_a_new_trace_and_is_not_sent(collector: Collector) -> None:
    traces = Traces(collector.endpoint, "1")
    call = answered()
    call.trace_parent = "Zq7Patient"
    traces.record(call)
    traces.close()
    assert [span.parent_span_id for span in collector.spans() if span.name == "call"] == [b""]
    assert b"Zq7Patient" not in b"".join(collector.bodies)


def test_a_call_that_we_failed_is_marked_and_probes_leave_no_trace(collector: Collector) -> None:
    traces = Traces(collector.endpoint, "1")
    failed, probe = answered(), answered()
    failed.status, failed.error = 503, "Unavailable"
    probe.endpoint = "health"
    traces.record(failed)
    traces.record(probe)
    traces.close()
    (span,) = [one for one in collector.spans() if one.name in ("call", "health")]
    assert span.status.code == 2
    assert attributes(span)["error.type"].string_value == "Unavailable"


def test_a_collector_that_is_away_fails_no_call_and_holds_up_no_shutdown() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        traces = Traces(f"http://127.0.0.1:{nobody.getsockname()[1]}", "1")
        for _ in range(5000):
            traces.record(answered())
        closing = threading.Thread(target=traces.close, args=(0.1,))
        closing.start()
        closing.join(15)  # left alone, the SDK takes 30 s
        assert not closing.is_alive()


def test_nothing_is_traced_for_the_whole_process(collector: Collector) -> None:
    before = trace.get_tracer_provider()
    Traces(collector.endpoint, "1").close()
    assert trace.get_tracer_provider() is before


def test_the_sdk_is_not_imported_until_traces_are_wanted() -> None:
    late = "('opentelemetry.sdk', 'requests')"
    code = f"import sys, app.observability.tracing; print([m for m in sys.modules if m.startswith({late})])"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 (our own code)
    assert done.stdout.strip() == "[]"
