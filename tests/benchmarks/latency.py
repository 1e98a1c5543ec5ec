"""How long a call takes at half of what the service can answer, and when it has to fetch everything."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from app.fhir.templates import TEMPLATES
from tests.benchmarks.bodies_file import read_bodies, write_bodies
from tests.benchmarks.calls import Calls, calls
from tests.benchmarks.closed_loop import run_wrk
from tests.benchmarks.open_loop import Arrivals, Latencies, Schedule, measure_latency
from tests.benchmarks.plan import Plan
from tests.benchmarks.processes import GENERATOR_CORE, Server
from tests.benchmarks.services import PATH, bare, fhir_server, legwork
from tests.benchmarks.table import Table, Value

_COLUMNS = ("what", "requests/s", "p50 ms", "p90 ms", "p99 ms", "most ms", "generator late by (p99) ms")
_HALF_LOAD = (
    "Open loop at half of Legwork's throughput, typical bodies, mixed charts. Time counts from when a call was due."
)
_FETCHING = (
    "Ten queries for each call, sent at once to a FHIR server in a third process that waits 20 ms before each answer."
)
_ARRIVALS: tuple[Arrivals, ...] = ("even", "random")
_FETCH_SECONDS = 0.02
_FETCH_RATE = 10.0


def measure_half_load(plan: Plan) -> Table:
    """The typical call at half of the throughput, evenly and as strangers come."""
    place, seconds = plan.place("latency"), plan.seconds * plan.rounds
    sent = calls(PATH, plan.bodies("typical"))
    rows: list[tuple[Value, ...]] = []
    with legwork(place) as ours, bare(place) as theirs:
        run_wrk(ours, sent, min(1.0, plan.seconds))
        rate = run_wrk(ours, sent, plan.seconds).rate / 2
        for name, server in (("Legwork", ours), ("bare route", theirs)):
            for arrivals in _ARRIVALS:
                found = measure_latency(server.url, sent, Schedule(rate, seconds, arrivals))
                rows.append((f"{name}, {arrivals} arrivals", rate, *_row(found)))
    return Table("Latency at half load", _HALF_LOAD, _COLUMNS, tuple(rows))


def measure_fetching(plan: Plan) -> Table:
    """Nothing is prefetched, and each query takes 20 ms."""
    place, charts = plan.place("fetching"), plan.bodies("typical")
    schedule = Schedule(_FETCH_RATE, plan.seconds * plan.rounds)
    held = {"BODIES": str(charts), "LATENCY": str(_FETCH_SECONDS)}
    rows: list[tuple[Value, ...]] = []
    with legwork(place, mode="development") as ours, fhir_server(place, GENERATOR_CORE, **held) as server:
        for name, asked, sent in _fetching(ours, server, charts, place):
            measure_latency(asked.url, sent, Schedule(_FETCH_RATE, 1))
            rows.append((name, _FETCH_RATE, *_row(measure_latency(asked.url, sent, schedule))))
    return Table("Fetching", _FETCHING, _COLUMNS, tuple(rows))


def _fetching(ours: Server, fhir: Server, charts: Path, place: Path) -> Iterator[tuple[str, Server, Calls]]:
    """The queries of the smallest and the largest answer by themselves, then calls."""
    nothing = write_bodies(place / "nothing", [b""])
    patient = json.loads(read_bodies(charts)[0])["context"]["patientId"]
    for template in TEMPLATES:
        if template.key in ("patient", "labs"):
            query = template.query.replace("{{context.patientId}}", patient)
            yield f"query of {template.key}, alone", fhir, calls(f"/fhir/{query}", nothing)
    fetched = write_bodies(place / "fetched", map(_to_be_fetched_from(fhir), read_bodies(charts)))
    yield "call, all fetched", ours, calls(PATH, fetched)
    yield "call, all prefetched", ours, calls(PATH, charts)


def _to_be_fetched_from(server: Server) -> Callable[[bytes], bytes]:
    authorization = {
        "access_token": "for-a-server-that-does-not-look",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.read",
        "subject": "legwork",
    }

    def changed(body: bytes) -> bytes:
        call = json.loads(body)
        del call["prefetch"]
        return json.dumps({**call, "fhirServer": f"{server.url}/fhir", "fhirAuthorization": authorization}).encode()

    return changed


def _row(found: Latencies) -> tuple[Value, ...]:
    return tuple(1000 * seconds for seconds in (found.p50, found.p90, found.p99, found.most, found.late))
