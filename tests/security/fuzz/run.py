"""The long run: `python -m tests.security.fuzz.run --cases 100000 [--seed 1] [--first 0] [--keep FOLDER]`.

Each case has a number, and is the same in every run with the same seed and the same charts. What goes wrong is told
once for each place in the code, with the number of the case and with as few changes as still make it go wrong.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.security.fuzz.charts import seeds
from tests.security.fuzz.core import Core
from tests.security.fuzz.mutate import mutated

_REPORT_EVERY = 10_000


@dataclass
class Run:
    """What was seen so far."""

    core: Core
    seed: int
    keep: Path | None
    statuses: Counter[int] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)

    def case(self, number: int) -> None:
        """Try one case."""
        try:
            self.statuses[self.core.check(body_of(self.seed, number))] += 1
        except Exception as error:  # noqa: BLE001 (whatever it is, it is a finding)
            self._note(number, error)

    def _note(self, number: int, error: Exception) -> None:
        where = _where(error)
        self.findings[where] += 1
        if self.findings[where] == 1:
            body = self._smallest(number, where)
            _say(f"case {number}: {where}\n  {type(error).__name__}: {str(error)[:300]} ({len(body)} bytes)")
            if self.keep:
                (self.keep / f"case-{self.seed}-{number}.json").write_bytes(body)

    def _smallest(self, number: int, where: str) -> bytes:
        """The case with as few changes as fail in the same place."""
        for most in range(1, 6):
            body = body_of(self.seed, number, most)
            try:
                self.core.check(body)
            except Exception as error:  # noqa: BLE001 (as above)
                if _where(error) == where:
                    return body
        return body_of(self.seed, number)


def body_of(seed: int, number: int, most: int = 6) -> bytes:
    """The body of a case."""
    return mutated(seeds(), Random(f"{seed}-{number}"), most)  # noqa: S311 (to be repeated, not to be secret)


def _where(error: Exception) -> str:
    """The kind of failure and the innermost place of our own code."""
    ours = [one for one in traceback.extract_tb(error.__traceback__) if "/app/" in one.filename]
    place = f"{Path(ours[-1].filename).name}:{ours[-1].name}:{ours[-1].lineno}" if ours else str(error).split(":")[0]
    return f"{type(error).__name__} at {place}"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(cases: int, seed: int, first: int, keep: Path | None) -> int:
    """The number of different findings."""
    with tempfile.TemporaryDirectory() as folder:
        run, started = Run(Core(Path(folder)), seed, keep), time.monotonic()
        _say(f"{len(seeds())} charts, {cases} cases from {first}, seed {seed}")
        for number in range(first, first + cases):
            run.case(number)
            if (number + 1 - first) % _REPORT_EVERY == 0:
                _say(f"{number + 1 - first} cases in {time.monotonic() - started:.0f} s: {dict(run.statuses)}")
        run.core.close()
    _say(
        f"{cases} cases, {dict(run.statuses)}, slowest {run.core.slowest:.2f} s of CPU; findings: {dict(run.findings)}"
    )
    return len(run.findings)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    sys.exit(1 if main(asked.cases, asked.seed, asked.first, asked.keep) else 0)
