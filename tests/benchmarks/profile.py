"""Where the time of a call goes, step by step, in one process: processor time alone, the least of several passes."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Sequence
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
from app.fhir.prefetch import chart_of, read_inputs
from app.hooks.request import HookRequest, decode_request, subject_of
from app.hooks.service import HOOK
from app.knowledge.knowledge import load_knowledge
from app.main import create_app
from app.observability.log import LogWriter
from app.pipeline import reason, render
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
    "validation: bytes",
    "parsing and validation: JSON to types",
    "parsing: inputs and chart",
    "reasoning",
    "rendering",
    "writing",
    "freeing what was made",
)
_TOLD = (
    "µs of processor time for a call, without the web server; of several passes over all bodies, the one that took "
    "least. `around` is what the whole app takes beside these steps: middlewares, log, metrics, audit, issued cards."
)
_encode = msgspec.json.Encoder().encode


def measure_profile(plan: Plan) -> Table:
    """Typical and large bodies, both kinds of charts."""
    lexicon, found = build_lexicon(load_knowledge(CARDS)), {}
    for size in _SIZES:
        for charts in _KINDS:
            bodies = read_bodies(plan.bodies(size, charts))
            found[f"{size}, {charts}"] = dict(_measured(bodies, lexicon, plan.place(f"profile-{size}-{charts}")))
    steps = next(iter(found.values()))
    rows: list[tuple[Value, ...]] = [(step, *(one[step] for one in found.values())) for step in steps]
    return Table("Where the time goes", _TOLD, ("step", *found), tuple(rows))


def _measured(bodies: Sequence[bytes], lexicon: Lexicon, folder: Path) -> Iterator[tuple[str, float]]:
    yield "(orjson.loads, for comparison)", _mean(_passes(lambda body: [_timed(orjson.loads, body)[1]], bodies))[0]
    steps = _mean(_passes(lambda body: _steps_and_rest(body, lexicon), bodies))
    yield from zip(_STEPS, steps, strict=True)
    whole = uvloop.run(_app_seconds(bodies, folder))
    yield "around", whole - sum(steps)
    yield "whole app", whole


def _steps_and_rest(body: bytes, lexicon: Lexicon) -> list[float]:
    steps, whole = _timed(_steps, body, lexicon)
    return [*steps, whole - sum(steps)]


def _steps(body: bytes, lexicon: Lexicon) -> list[float]:
    """Seconds of each step. All of them for one body after the other, as a service does it: nothing is kept."""
    _, checked = _timed(check_body, body)
    request, decoded = _timed(decode_request, body, HOOK)
    chart, gathered = _timed(_chart, request)
    reasoned, concluded = _timed(reason, chart, lexicon, datetime.now(UTC))
    evaluation, rendered = _timed(render, reasoned, lexicon, subject_of(request), uuid4())
    _, written = _timed(_encode, evaluation.response)
    return [checked, decoded, gathered, concluded, rendered, written]


def _timed(work: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    began = thread_time()
    made = work(*arguments)
    return made, thread_time() - began


def _chart(request: HookRequest) -> Chart:
    patient = request.context.patient_id
    return chart_of(read_inputs(request.prefetch, patient), patient)


def _passes(work: Callable[[bytes], list[float]], bodies: Sequence[bytes]) -> list[list[list[float]]]:
    return [[work(body) for body in bodies] for _ in range(_PASSES)]


def _mean(passes: list[list[list[float]]]) -> list[float]:
    """Microseconds of each step for a body, in the pass that took least."""
    least = min(passes, key=lambda one: sum(map(sum, one)))
    return [sum(column) / len(least) * 1e6 for column in zip(*least, strict=True)]


async def _app_seconds(bodies: Sequence[bytes], folder: Path) -> float:
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT)
    app = create_app(Settings(allow_unauthenticated=True, data_dir=folder), log_writer=LogWriter(log))
    async with app.router.lifespan_context(app):
        gc.freeze()
        passes = []
        for _ in range(_PASSES):
            began = thread_time()
            for body in bodies:
                await _call(app, body)
            passes.append(thread_time() - began)
        gc.unfreeze()
    os.close(log)
    return min(passes) / len(bodies) * 1e6


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
