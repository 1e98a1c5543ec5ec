"""Very many calls at the same moment, each on a connection of its own."""

from __future__ import annotations

import asyncio
from collections import Counter

_REQUEST = (
    b"POST %b HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
)


async def crowd(port: int, count: int, path: str, content: bytes) -> Counter[str]:
    """How many calls got which status; all are connected before the first one asks."""
    call = _REQUEST % (path.encode(), len(content), content)
    connections = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(count)))
    for _, writer in connections:  # nothing waits in between: the last has asked before most are answered
        writer.write(call)
    return Counter(await asyncio.gather(*(_answer(*connection) for connection in connections)))


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
    try:
        answer = await reader.read()
    except ConnectionError:
        return "cut off"
    finally:
        writer.close()
    return answer.split(b" ")[1].decode() if answer else "nothing"
