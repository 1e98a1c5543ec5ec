"""What a call costs as the knowledge, the chart and the number of workers grow."""

from __future__ import annotations

from statistics import median

from app.settings import CARDS
from tests.benchmarks.bodies import Size
from tests.benchmarks.calls import calls
from tests.benchmarks.closed_loop import run_wrk
from tests.benchmarks.knowledge import write_copies
from tests.benchmarks.plan import Charts, Plan
from tests.benchmarks.processes import GENERATOR_CORE, SERVER_CORE
from tests.benchmarks.services import PATH, legwork
from tests.benchmarks.table import Table, Value, spread
from tests.benchmarks.throughput import in_turn

_TIMES = 10
_KINDS: tuple[Charts, ...] = ("mixed", "silent", "firing")
_OBSERVATIONS = (60, 250, 1_000, 4_000, 10_000)
_OBSERVATIONS_HELD = 120_000  # in the generator's memory
_BOTH = (SERVER_CORE, GENERATOR_CORE)


def measure_knowledge(plan: Plan) -> Table:
    """Ten times the cards, names and codes."""
    cards = write_copies(CARDS, plan.folder / "cards", _TIMES)
    rows: list[tuple[Value, ...]] = []
    with (
        legwork(plan.place("knowledge")) as one,
        legwork(plan.place("much-knowledge"), cards_dir=str(cards)) as ten,
    ):
        for charts in _KINDS:
            sent = calls(PATH, plan.bodies("typical", charts))
            pairs = in_turn(plan, ten, one, {ten: sent, one: sent}.__getitem__)
            rows.append((charts, *(spread([1 / ratio for ratio in found]) for found in (pairs.rates(), pairs.costs()))))
    told = "Time of a typical call with ten times the knowledge through its time with the knowledge as it is."
    return Table("Ten times the knowledge", told, ("charts", "time", "processor time"), tuple(rows))


def measure_growth(plan: Plan) -> Table:
    """Charts from 60 to 10,000 Observations."""
    rows: list[tuple[Value, ...]] = []
    with legwork(plan.place("growth")) as server:
        for count in _OBSERVATIONS:
            size = Size(20, count, 15)
            sent = calls(PATH, plan.bodies_of(size, min(600, _OBSERVATIONS_HELD // count), name=f"{count}"))
            run_wrk(server, sent, min(1.0, plan.seconds))
            runs = [run_wrk(server, sent, plan.seconds) for _ in range(plan.rounds)]
            each = median(run.cost for run in runs) * 1e6
            rows.append((count, median(run.rate for run in runs), each, each / count))
    told = "Closed loop, mixed charts with 20 Conditions and 15 MedicationRequests; processor time."
    return Table("Growth", told, ("Observations", "requests/s", "µs a call", "µs an Observation"), tuple(rows))


def measure_workers(plan: Plan) -> Table:
    """One worker and two, on the same two cores, which the generator uses, too."""
    sent = calls(PATH, plan.bodies("typical"))
    with (
        legwork(plan.place("one-worker"), cores=_BOTH) as one,
        legwork(plan.place("two-workers"), cores=_BOTH, workers="2") as two,
    ):
        pairs = in_turn(plan, two, one, {two: sent, one: sent}.__getitem__)
    row = (
        median(run.rate for run in pairs.theirs),
        median(run.rate for run in pairs.ours),
        spread(pairs.rates()),
        spread(pairs.costs()),
    )
    told = "Closed loop, typical bodies, mixed charts. Servers and generator share two cores, so 2.0 cannot be reached."
    columns = ("requests/s of one", "requests/s of two", "ratio", "ratio by processor")
    return Table("Two workers", told, columns, (row,))
