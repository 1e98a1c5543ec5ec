"""Very many calls of the whole service at the same moment: `python -m tests.security.crowd [COUNT]`.

10,000 unless told otherwise.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from app.security.open_files import raise_open_files
from tests.security.instance import instance
from tests.support.crowd import crowd
from tests.support.hooks import URL, request


def main(count: int) -> None:
    """Say what became of the calls, and whether the service still answers afterwards."""
    raise_open_files()
    # All must be connected before the first asks, and the headers of the first within this time.
    with (
        tempfile.TemporaryDirectory() as folder,
        instance(Path(folder), mode="development", header_timeout="120") as service,
    ):
        started = time.monotonic()
        seen = asyncio.run(crowd(service.port, count, URL, json.dumps(request()).encode()))
        seconds = time.monotonic() - started
        after = service.client.post(URL, json=request()).status_code
    sys.stdout.write(f"{count} calls at once: {dict(seen)} in {seconds:.1f} s; afterwards: {after}\n")
    sys.exit(0 if sum(seen.values()) == count and set(seen) <= {"200", "503"} and after == 200 else 1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
