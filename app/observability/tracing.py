"""OpenTelemetry traces: a span for each call and one for each of its phases, made from its record when it is over.

The SDK is imported only when traces are wanted. No provider is set for the whole process: FastAPI would then trace by
itself, with URLs and the messages of exceptions in its spans.
"""

from __future__ import annotations

import threading

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from app.observability.call import PROBES, CallRecord

_NANO = 1_000_000_000
_SERVER_ERROR = 500


class Traces:
    """Sends spans by OTLP over HTTP to the collector at `endpoint`, such as `http://collector:4318`.

    Sampling and headers are set by OpenTelemetry's own variables (OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS);
    proxies of the environment are not used. A collector that is away costs nothing but the spans.
    """

    def __init__(self, endpoint: str, version: str) -> None:
        import requests  # noqa: PLC0415 (0.3 s to import, for those alone who want traces)
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 (likewise)
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 (likewise)
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 (likewise)
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 (likewise)

        session = requests.Session()
        session.trust_env = False
        resource = Resource.create({"service.name": "legwork", "service.version": version})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", session=session)
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer: Tracer = self._provider.get_tracer("legwork")
        self._propagator = TraceContextTextMapPropagator()

    def record(self, call: CallRecord) -> None:
        """Make the spans of a call that is over."""
        if call.endpoint in PROBES:
            return
        began = int(call.started.timestamp() * _NANO)
        parent = self._propagator.extract({"traceparent": call.trace_parent}) if call.trace_parent else None
        span = self._tracer.start_span(
            call.endpoint, parent, SpanKind.SERVER, attributes=_attributes(call), start_time=began
        )
        inside = trace.set_span_in_context(span)
        for phase in call.phases:
            start = began + int(phase.start * _NANO)
            self._tracer.start_span(phase.name, inside, start_time=start).end(start + int(phase.seconds * _NANO))
        if (call.status or _SERVER_ERROR) >= _SERVER_ERROR:
            span.set_status(Status(StatusCode.ERROR))
        span.end(began + int(call.seconds * _NANO))

    def close(self, seconds: float = 3.0) -> None:
        """Send what waits, as far as the collector takes it within that time."""
        # The SDK alone would go on trying for half a minute.
        giving_up = threading.Timer(seconds, self._exporter.shutdown)
        giving_up.start()
        self._provider.shutdown()
        giving_up.cancel()


def _attributes(call: CallRecord) -> dict[str, str | int | list[str]]:
    """What the call's log line says, as far as traces are searched for it."""
    known: dict[str, str | int | list[str] | None] = {
        "http.response.status_code": call.status,
        "error.type": call.error,
        "legwork.service": call.service,
        "legwork.client": call.client,
        "legwork.correlation": call.correlation,
        "legwork.knowledge": call.knowledge,
        "legwork.cards": [f"{card.id}={card.level}" for card in call.cards],
        "legwork.unavailable": [name for name, source in call.inputs.items() if source == "unavailable"],
        "legwork.fetch_errors": call.fetch_errors,
    }
    return {key: value for key, value in known.items() if value}
