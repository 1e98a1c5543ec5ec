"""A FHIR server that holds the charts of the bodies, and takes its time."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import parse_qs

import msgspec
from starlette.types import Receive, Scope, Send

from app.fhir.templates import TEMPLATES
from tests.benchmarks.bodies_file import read_bodies

_CAPABILITIES = b'{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1"}'
_KEYS = {template.query.partition("?")[0]: template.key for template in TEMPLATES}
_OBSERVATIONS = {"laboratory": "labs", "exam,survey": "findings", "": "scores"}


class _Context(msgspec.Struct, rename="camel"):
    patient_id: str


class _Body(msgspec.Struct):
    context: _Context
    prefetch: dict[str, msgspec.Raw]


class FhirServer:
    """ASGI without a framework, for it must not be what is measured. `latency` is in seconds, before each answer."""

    def __init__(self, bodies: Iterable[bytes], latency: float) -> None:
        read = (msgspec.json.decode(body, type=_Body) for body in bodies)
        self._charts: Mapping[str, Mapping[str, msgspec.Raw]] = {one.context.patient_id: one.prefetch for one in read}
        self._latency = latency

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        answer = b"{}"
        if scope["path"] != "/readyz":
            answer = self._answer(scope["path"].removeprefix("/fhir/"), scope["query_string"].decode())
            await asyncio.sleep(self._latency)
        headers = [(b"content-type", b"application/fhir+json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    def _answer(self, path: str, query: str) -> bytes:
        if path == "metadata":
            return _CAPABILITIES
        kind, _, name = path.partition("/")
        asked = parse_qs(query)
        chart = self._charts[name or asked["patient"][0]]
        if kind == "Observation":
            return bytes(chart[_OBSERVATIONS[asked.get("category", [""])[0]]])
        return bytes(chart["patient" if name else _KEYS[kind]])


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def build() -> FhirServer:
    """For uvicorn, which can only be told by environment variables: BODIES is a file of `write_bodies`."""
    return FhirServer(read_bodies(Path(os.environ["BODIES"])), float(os.environ["LATENCY"]))
