"""A server on a real socket that remembers who came and what was asked, and always gives the same answer."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Listener:
    """`connections` counts whoever connected, `left` who did not stay; `requests` are the heads of all as they came."""

    port: int = 0
    connections: int = 0
    left: int = 0
    requests: list[str] = field(default_factory=list)


@asynccontextmanager
async def listening(
    answer: bytes = OK, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Listener]:
    """A Listener on a free port, gone afterwards with all of its connections."""
    listener = Listener()
    open_now: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        listener.connections += 1
        open_now.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                listener.requests.append(head.decode())
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            open_now.discard(writer)
            listener.left += 1
            writer.close()

    server = await asyncio.start_server(serve, host, 0, ssl=tls)
    listener.port = server.sockets[0].getsockname()[1]
    try:
        yield listener
    finally:
        server.close()
        for writer in list(open_now):
            writer.close()
        await server.wait_closed()
