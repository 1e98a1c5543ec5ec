"""Very many calls of the whole service at the same moment: `python -m tests.security.crowd [COUNT]`.

10,000 unless told otherwise.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from app.security.open_files import raise_open_files
from tests.security.instance import instance
from tests.support.charts import Json
from tests.support.hooks import URL, request

_HEAD = (
    f"POST {URL} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
)


def call_of(body: Json) -> bytes:
    """A call as it goes over the wire, on a connection that is closed afterwards."""
    content = json.dumps(body).encode()
    return (_HEAD % len(content)).encode() + content


async def crowd(port: int, count: int, call: bytes) -> Counter[str]:
    """How many calls got which status; all are connected before the first one asks."""
    connected = asyncio.Barrier(count)
    return Counter(await asyncio.gather(*(_call(port, connected, call) for _ in range(count))))


async def _call(port: int, connected: asyncio.Barrier, call: bytes) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await connected.wait()
        writer.write(call)
        answer = await reader.read()
    except ConnectionError:
        return "cut off"
    finally:
        writer.close()
    return answer.split(b" ")[1].decode() if answer else "nothing"


def main(count: int) -> None:
    """Say what became of the calls, and whether the service still answers afterwards."""
    raise_open_files()
    # All must be connected before the first asks, and the headers of the first within this time.
    with (
        tempfile.TemporaryDirectory() as folder,
        instance(Path(folder), mode="development", header_timeout="120") as service,
    ):
        started = time.monotonic()
        seen = asyncio.run(crowd(service.port, count, call_of(request())))
        seconds = time.monotonic() - started
        after = service.client.post(URL, json=request()).status_code
    sys.stdout.write(f"{count} calls at once: {dict(seen)} in {seconds:.1f} s; afterwards: {after}\n")
    sys.exit(0 if sum(seen.values()) == count and set(seen) <= {"200", "503"} and after == 200 else 1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
