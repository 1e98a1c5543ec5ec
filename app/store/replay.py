"""Used tokens: a `jti` is accepted once per issuer, across all workers and machines (protocol S5)."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime

from app.store.database import Database

_TOGETHER = 500
_Waiting = tuple[bytes, int, asyncio.Future[bool]]


class Replay:
    """The calls of one worker. While one write is under way, those that come wait for the next, together."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._claims = database.claims()
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None

    async def first_use(self, issuer: str, jti: str, expires: datetime) -> bool:
        """Whether the token was never used before; it is used now. Raises StoreUnavailable: replay is then possible."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((digest(issuer, jti), int(expires.timestamp()), future))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return await future

    async def close(self) -> None:
        """Answer who waits, and close the connection."""
        if self._writing is not None:
            await self._writing
        await self._claims.close()

    async def _write(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_TOGETHER], self._waiting[_TOGETHER:]
                await self._answer(batch)
        finally:
            self._writing = None

    async def _answer(self, batch: list[_Waiting]) -> None:
        try:
            new = await self._database.claim(self._claims, [(token, expires) for token, expires, _ in batch])
        except Exception as error:  # noqa: BLE001 (whatever it is, those who wait must hear of it)
            self._refuse(batch, error)
            return
        for token, _, future in batch:
            first = token in new
            new.discard(token)  # the same token may wait twice
            if not future.done():
                future.set_result(first)

    def _refuse(self, batch: list[_Waiting], error: Exception) -> None:
        """Who came meanwhile has waited long enough, and would meet the same."""
        batch, self._waiting = batch + self._waiting, []
        for _, _, future in batch:
            if not future.done():
                future.set_exception(error)


def digest(issuer: str, jti: str) -> bytes:
    """32 bytes for any issuer and jti; the length keeps ("a", "bc") and ("ab", "c") apart."""
    return hashlib.sha256(f"{len(issuer)}:{issuer}{jti}".encode("utf-8", "surrogatepass")).digest()
