"""Requests a second, and what each costs: Legwork and the bare route in turn, over the same bodies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from tests.benchmarks.bodies import SIZES
from tests.benchmarks.calls import Calls, calls
from tests.benchmarks.closed_loop import Run, run_wrk
from tests.benchmarks.plan import Charts, Plan
from tests.benchmarks.processes import Server
from tests.benchmarks.services import PATH, bare, legwork, write_tokens
from tests.benchmarks.table import Table, spread

_KINDS: tuple[Charts, ...] = ("mixed", "silent", "firing")
_MOST_A_SECOND = 1_500  # calls with a token
_TOLD = (
    "Closed loop, 4 connections, one worker. Ratio: Legwork's rate through that of the bare route, each pair measured "
    "one after the other; median (least to most). The second ratio counts processor time in place of time that passed: "
    "it holds on a machine with other work, too. Mixed charts: one in ten fires cards."
)
_COLUMNS = (
    "body",
    "charts",
    "authentication",
    "requests/s",
    "bare requests/s",
    "ratio",
    "ratio by processor",
    "µs each",
    "bare µs each",
)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Runs of two servers in turn."""

    ours: list[Run]
    theirs: list[Run]

    def rates(self) -> list[float]:
        """Our rate through theirs, by round."""
        return [one.rate / other.rate for one, other in zip(self.ours, self.theirs, strict=True)]

    def costs(self) -> list[float]:
        """Their cost through ours, by round: above 1, ours is the cheaper."""
        return [other.cost / one.cost for one, other in zip(self.ours, self.theirs, strict=True)]


def in_turn(plan: Plan, ours: Server, theirs: Server, sent: Callable[[Server], Calls]) -> Pairs:
    """A B A B; both are warmed up first."""
    for server in (ours, theirs):
        run_wrk(server, sent(server), min(1.0, plan.seconds))
    runs: tuple[list[Run], list[Run]] = ([], [])
    for _ in range(plan.rounds):
        for server, kept in zip((ours, theirs), runs, strict=True):
            kept.append(run_wrk(server, sent(server), plan.seconds))
    return Pairs(*runs)


def measure_throughput(plan: Plan) -> Table:
    """All sizes and kinds of charts, without tokens and with them."""
    rows = []
    for authenticated in (False, True):
        place = plan.place(f"throughput-{authenticated}")
        with legwork(place, authenticated=authenticated) as ours, bare(place) as theirs:
            for size in SIZES:
                for charts in _KINDS:
                    sent = partial(_sent, plan, plan.bodies(size, charts), ours if authenticated else None)
                    pairs = in_turn(plan, ours, theirs, sent)
                    rows.append((size, charts, "on" if authenticated else "off", *_row(pairs)))
    return Table("Throughput", _TOLD, _COLUMNS, tuple(rows))


def _sent(plan: Plan, bodies: Path, token_for: Server | None, server: Server) -> Calls:
    if token_for is None:
        return calls(PATH, bodies)
    # The bare route does not look at tokens, so that it may get one twice.
    count = int(_MOST_A_SECOND * plan.seconds) if server is token_for else 1
    return calls(PATH, bodies, write_tokens(plan.folder / "tokens", token_for, count))


def _row(pairs: Pairs) -> tuple[str | float, ...]:
    return (
        median(run.rate for run in pairs.ours),
        median(run.rate for run in pairs.theirs),
        spread(pairs.rates()),
        spread(pairs.costs()),
        median(run.cost * 1e6 for run in pairs.ours),
        median(run.cost * 1e6 for run in pairs.theirs),
    )
