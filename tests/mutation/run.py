"""`make mutants`: tries every loosened copy of the knowledge and reports those that no test notices.

Survivors that change nothing a clinician would see stand in explained.txt, with the reason; an explanation that is out
of date is reported too.
"""

from __future__ import annotations

import argparse
import re
import sys
import zlib
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

from app.facts.context import build_lexicon
from app.knowledge.knowledge import Knowledge, load_knowledge
from app.settings import CARDS
from tests.mutation.mutants import (
    Mutant,
    card_mutants,
    caution_mutants,
    code_mutants,
    order_mutants,
    rule_mutants,
)
from tests.mutation.notice import is_noticed, wrong_answers

EXPLAINED = Path(__file__).parent / "explained.txt"
_WHOLE = 2**32


@cache
def knowledge() -> Knowledge:
    """The knowledge of the repository."""
    return load_knowledge(CARDS)


@cache
def mutants() -> list[Mutant]:
    """Every one, in the same sequence in every process."""
    known = knowledge()
    return [
        *card_mutants(known, CARDS),
        *order_mutants(known),
        *rule_mutants(known),
        *caution_mutants(known),
        *code_mutants(known),
    ]


def chosen(mutant: Mutant, share: float) -> bool:
    """Whether it belongs to a sample of this size: by its name, so that other mutants do not change the sample."""
    return zlib.crc32(mutant.what.encode()) < share * _WHOLE


def survives(number: int) -> bool:
    """Try one."""
    return not is_noticed(mutants()[number])


def explained() -> set[str]:
    """The survivors that are known to be harmless."""
    lines = EXPLAINED.read_text(encoding="utf-8").splitlines()
    return {line.split("  # ")[0].strip() for line in lines if line and not line.startswith("#")}


def main() -> int:
    """Try them, print what was found; 1 when anything is left to do."""
    options = _options()
    if any(wrong_answers(build_lexicon(knowledge()))):
        print("the knowledge fails its own cases and fixtures: mend these first")  # noqa: T201
        return 1
    numbers = [
        number
        for number, one in enumerate(mutants())
        if chosen(one, options.share) and re.search(options.only, one.what)
    ]
    with ProcessPoolExecutor(options.processes) as pool:
        alive = [alive for alive in zip(numbers, pool.map(survives, numbers, chunksize=8), strict=True) if alive[1]]
    return _report([mutants()[number] for number in numbers], {mutants()[number].what for number, _ in alive})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="which share of the mutants to try")
    parser.add_argument("--only", default="", help="a regular expression that their names must match")
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args()


def _report(tried: list[Mutant], alive: set[str]) -> int:
    unexplained = sorted(alive - explained())
    untried = {one.what for one in mutants()} - {one.what for one in tried}
    outdated = sorted(explained() - untried - alive)
    kinds = ", ".join(f"{count} of {kind}s" for kind, count in Counter(one.kind for one in tried).items())
    for what in unexplained:
        print(f"survived: {what}")  # noqa: T201 (the report is the point)
    for what in outdated:
        print(f"explained, but there is no such mutant or a test notices it: {what}")  # noqa: T201
    print(f"{len(tried)} mutants ({kinds}): {len(alive)} survived, {len(unexplained)} unexplained")  # noqa: T201
    return 1 if unexplained or outdated else 0


if __name__ == "__main__":
    sys.exit(main())
