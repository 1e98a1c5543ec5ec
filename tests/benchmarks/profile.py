"""Where the time of a call goes, step by step, in one process: processor time alone, the least of several passes."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import thread_time
from typing import Any
from uuid import uuid4

import msgspec
import orjson
import uvloop
from fastapi import FastAPI
from starlette.types import Message

from app.chart.chart import Chart
from app.facts.context import Lexicon, build_lexicon
from app.fhir.first_look import read_first_look
from app.fhir.prefetch import chart_of, read_inputs
from app.hooks.request import FirstRequest, HookRequest, decode_first_look, decode_request, subject_of
from app.hooks.service import HOOK
from app.knowledge.knowledge import load_knowledge
from app.main import create_app
from app.observability.log import LogWriter
from app.pipeline import Reasoned, reason, reason_on_silence, render
from app.security.body import check_body
from app.settings import CARDS, Settings
from tests.benchmarks.bodies_file import read_bodies
from tests.benchmarks.plan import Charts, Plan
from tests.benchmarks.services import PATH
from tests.benchmarks.table import Table, Value

_PASSES = 7
_KINDS: tuple[Charts, ...] = ("silent", "firing")
_SIZES = ("typical", "large")
_STEPS = (
    "(orjson.loads, for comparison)",
    "validation: bytes",
    "first look: JSON to types",
    "first look: chart and reasoning",
    "parsing and validation: JSON to types",
    "parsing: inputs and chart",
    "reasoning",
    "rendering",
    "writing",
    "freeing what was made",
    "around",
    "whole app",
)
_TOLD = (
    "µs of processor time for a call, without the web server; of several passes over all bodies, the one that took "
    "least. `around` is what the whole app takes beside these steps: middlewares, log, metrics, audit, issued cards."
)
_encode = msgspec.json.Encoder().encode


def measure_profile(plan: Plan) -> Table:
    """Typical and large bodies, both kinds of charts."""
    lexicon, found = build_lexicon(load_knowledge(CARDS)), {}
    gc.freeze()  # as the service does: what was loaded is nothing to the collector
    for size in _SIZES:
        for charts in _KINDS:
            bodies = read_bodies(plan.bodies(size, charts))
            found[f"{size}, {charts}"] = uvloop.run(_measured(bodies, lexicon, plan.place(f"profile-{size}-{charts}")))
    gc.unfreeze()
    rows: list[tuple[Value, ...]] = [(step, *(one[at] for one in found.values())) for at, step in enumerate(_STEPS)]
    return Table("Where the time goes", _TOLD, ("step", *found), tuple(rows))


async def _measured(bodies: Sequence[bytes], lexicon: Lexicon, folder: Path) -> list[float]:
    """Microseconds for each of `_STEPS`, of the pass that took least."""
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT)
    app = create_app(Settings(allow_unauthenticated=True, data_dir=folder), log_writer=LogWriter(log))
    async with app.router.lifespan_context(app):
        passes = [await _pass(bodies, lexicon, app) for _ in range(_PASSES)]
    os.close(log)
    return min(passes, key=lambda one: one[-1])


async def _pass(bodies: Sequence[bytes], lexicon: Lexicon, app: FastAPI) -> list[float]:
    """All of it for one body after the other, since the speed of a shared machine changes from second to second."""
    total = [0.0] * len(_STEPS)
    total[0] = sum(_timed(orjson.loads, body)[1] for body in bodies)
    for body in bodies:
        steps, together = _timed(_steps, body, lexicon)
        began = thread_time()
        await _call(app, body)
        whole = thread_time() - began
        found = [0.0, *steps, together - sum(steps), whole - together, whole]
        total = [one + more for one, more in zip(total, found, strict=True)]
    return [one / len(bodies) * 1e6 for one in total]


def _steps(body: bytes, lexicon: Lexicon) -> list[float]:
    """Seconds of each step. All of them for one body after the other, as a service does it: nothing is kept."""
    _, checked = _timed(check_body, body)
    request, glanced = _timed(decode_first_look, body, HOOK)
    reasoned, looked = _timed(_first_look, request, lexicon)
    decoded = gathered = concluded = 0.0
    if reasoned is None:
        whole, decoded = _timed(decode_request, body, HOOK)
        chart, gathered = _timed(_chart, whole)
        reasoned, concluded = _timed(reason, chart, lexicon, datetime.now(UTC))
    evaluation, rendered = _timed(render, reasoned, lexicon, subject_of(request), uuid4())
    _, written = _timed(_encode, evaluation.response)
    return [checked, glanced, looked, decoded, gathered, concluded, rendered, written]


def _first_look(request: FirstRequest, lexicon: Lexicon) -> Reasoned | None:
    first = read_first_look(request.prefetch, request.context.patient_id)
    return reason_on_silence(first.chart, first.answers, lexicon, datetime.now(UTC)) if first else None


def _timed(work: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    began = thread_time()
    made = work(*arguments)
    return made, thread_time() - began


def _chart(request: HookRequest) -> Chart:
    patient = request.context.patient_id
    return chart_of(read_inputs(request.prefetch, patient), patient)


async def _call(app: FastAPI, body: bytes) -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message.get("status", 200) != 200:
            raise RuntimeError(f"a call was answered with {message['status']}")

    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    scope = {"type": "http", "http_version": "1.1", "method": "POST", "scheme": "http", "path": PATH}
    more = {"raw_path": PATH.encode(), "query_string": b"", "root_path": "", "headers": headers, "client": None}
    await app({**scope, **more, "server": ("127.0.0.1", 80)}, receive, send)
