"""Used tokens in PostgreSQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from app.store.backend import CONNECT_SECONDS, Token

_INSERT = (
    "INSERT INTO used_tokens (digest, expires) SELECT * FROM unnest($1::bytea[], $2::bigint[]) "
    "ON CONFLICT DO NOTHING RETURNING digest"
)


class PostgresqlClaims:
    """One connection; one statement for all tokens that wait."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]]) -> None:
        self._connect = connect
        self._connection: asyncpg.Connection | None = None

    async def claim(self, tokens: list[Token]) -> set[bytes]:
        """Write down the tokens; return the digests of those that were not there."""
        digests, expiries = zip(*sorted(tokens), strict=True)  # sorted: two instances must not wait for each other
        try:
            connection = await self._connected()
            rows = await connection.fetch(_INSERT, digests, expiries, timeout=CONNECT_SECONDS)
        except BaseException:
            self._disconnect()
            raise
        return {digest for (digest,) in rows}

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            await self._connection.close(timeout=CONNECT_SECONDS)
            self._connection = None

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._connect()
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
