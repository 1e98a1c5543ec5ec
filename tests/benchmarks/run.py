"""`make bench`: measures everything, or what is named; prints tables, and saves them as Markdown and JSON."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tests.benchmarks.cost import measure_growth, measure_knowledge, measure_workers
from tests.benchmarks.endurance import measure_memory, measure_start
from tests.benchmarks.latency import measure_fetching, measure_half_load
from tests.benchmarks.plan import Plan
from tests.benchmarks.profile import measure_profile
from tests.benchmarks.table import Table
from tests.benchmarks.throughput import measure_throughput

MEASUREMENTS: Mapping[str, Callable[[Plan], Table]] = {
    "profile": measure_profile,
    "throughput": measure_throughput,
    "latency": measure_half_load,
    "fetching": measure_fetching,
    "knowledge": measure_knowledge,
    "growth": measure_growth,
    "workers": measure_workers,
    "start": measure_start,
    "memory": measure_memory,
}
_NEEDED = ("wrk", "taskset")


def main() -> None:
    """Measure what the command line asks for."""
    asked = _arguments()
    missing = [name for name in _NEEDED if shutil.which(name) is None]
    if missing or len(os.sched_getaffinity(0)) < 2:
        raise SystemExit(f"needed: two cores, Linux, and {' and '.join(missing or _NEEDED)} (apt-get install wrk)")
    asked.out.mkdir(parents=True, exist_ok=True)
    tables = []
    with tempfile.TemporaryDirectory(prefix="legwork-bench-") as folder:
        plan = Plan(asked.rounds, asked.seconds, asked.requests, Path(folder))
        for name in asked.measurements or MEASUREMENTS:
            tables.append(MEASUREMENTS[name](plan))
            print(tables[-1].markdown(), flush=True)  # noqa: T201 (a command's output)
            _save(asked.out, tables)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("measurements", nargs="*", metavar="MEASUREMENT", help=f"of {', '.join(MEASUREMENTS)}")
    parser.add_argument("--rounds", type=int, default=5, help="how often each pair is measured")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each run takes")
    parser.add_argument("--requests", type=int, default=100_000, help="calls over which memory is watched")
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks"), help="folder for the results")
    asked = parser.parse_args()
    if unknown := set(asked.measurements) - MEASUREMENTS.keys():
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}")
    return asked


def _save(folder: Path, tables: list[Table]) -> None:
    about = {"measured": datetime.now(UTC), "python": platform.python_version(), "load": os.getloadavg()}
    results = msgspec.json.encode({**about, "tables": tables})
    (folder / "results.json").write_bytes(msgspec.json.format(results) + b"\n")
    (folder / "results.md").write_text("\n".join(table.markdown() for table in tables), encoding="utf-8")


if __name__ == "__main__":
    main()
