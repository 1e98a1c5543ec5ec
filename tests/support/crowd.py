"""Very many calls at the same moment, each on a connection of its own.

`python -m tests.support.crowd [COUNT]` sends 10,000 to a process that it starts.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections import Counter

from app.security.open_files import raise_open_files
from tests.support.ports import free_port

_BODY = b'{"hook":"patient-view"}'
_REQUEST = b"POST /call HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)


async def crowd(port: int, count: int) -> Counter[str]:
    """How many calls got which status; all are connected before the first one asks."""
    connected = asyncio.Barrier(count)
    return Counter(await asyncio.gather(*(_call(port, connected) for _ in range(count))))


async def _call(port: int, connected: asyncio.Barrier) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await connected.wait()
        writer.write(_REQUEST)
        answer = await reader.read()
    finally:
        writer.close()
    return answer.split(b" ")[1].decode() if answer else "nothing"


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("the server did not start")


def main(count: int) -> None:
    """Print what became of the calls."""
    raise_open_files()
    port = free_port()
    with subprocess.Popen([sys.executable, "-m", "tests.support.edge", str(port)]) as server:  # noqa: S603 (ourselves)
        try:
            _wait_for(port)
            started = time.monotonic()
            seen = asyncio.run(crowd(port, count))
            print(dict(seen), f"in {time.monotonic() - started:.1f} s")  # noqa: T201 (a command)
        finally:
            server.terminate()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
