"""Memory over many calls, and the time to the first answer."""

from __future__ import annotations

from statistics import median

from tests.benchmarks.calls import calls
from tests.benchmarks.closed_loop import run_wrk
from tests.benchmarks.plan import Plan
from tests.benchmarks.services import PATH, bare, legwork
from tests.benchmarks.table import Table, Value

_MEGABYTE = 1e6


def measure_memory(plan: Plan) -> Table:
    """Resident memory as calls go by; what is warmed up in the first ones stays."""
    rows: list[tuple[Value, ...]] = []
    with legwork(plan.place("memory")) as server:
        sent = calls(PATH, plan.bodies("typical"))
        rows.append((0, server.resident_bytes() / _MEGABYTE))
        done = 0
        while done < plan.requests:
            done += run_wrk(server, sent, plan.seconds).requests
            rows.append((done, server.resident_bytes() / _MEGABYTE))
    return Table("Memory", "Closed loop, typical bodies, mixed charts.", ("calls", "resident MB"), tuple(rows))


def measure_start(plan: Plan) -> Table:
    """From the start of the process to the first 200 on /readyz: with a new database, and with one that is there."""
    first: list[float] = []
    later: list[float] = []
    for number in range(plan.rounds):
        place = plan.place(f"start-{number}")
        for kept in (first, later):
            with legwork(place) as server:
                kept.append(server.start_seconds)
    with bare(plan.place("start")) as yardstick:
        plain = yardstick.start_seconds
    rows = (
        ("a new database", median(first), max(first)),
        ("a database that is there", median(later), max(later)),
        ("the bare route", plain, plain),
    )
    return Table("Start", "Seconds to the first 200 on /readyz.", ("with", "median", "most"), rows)
