"""Names looked up: each by one at a time, and none at the expense of another."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from contextvars import Context
from typing import Any

Resolve = Callable[[str, int], Coroutine[Any, Any, Sequence[str]]]
"""A host's name and a port to its addresses, best first; raises OSError when there are none."""

_MOST = 100  # threads; more servers are hardly registered


async def resolve_by_system(host: str, port: int) -> list[str]:
    """As the system resolves names. It also understands every odd spelling of an address: `0x7f.1`, `2130706433`.

    In a thread of its own: while name servers are silent it cannot be called off, and would keep one of the few that
    all share from others. Nor does the end of the process wait for it.
    """
    answer: Future[list[Any]] = Future()
    answer.set_running_or_notify_cancel()  # it may come when nobody waits any more
    threading.Thread(target=_look_up, args=(answer, host, port), name="look-up", daemon=True).start()
    return [str(address[0]) for *_, address in await asyncio.wrap_future(answer)]


def _look_up(answer: Future[list[Any]], host: str, port: int) -> None:
    try:
        answer.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError) as error:
        answer.set_exception(error)


class Lookups:
    """One look-up of a name at a time, for all who ask meanwhile. Nothing is remembered once it is done.

    It goes on when those who asked have gone, and is then that of whoever asks next: a name server that is silent would
    otherwise be asked once more with every query of every call.
    """

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._under_way: dict[tuple[str, int], asyncio.Task[Sequence[str]]] = {}

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """As the function that was given; OSError also when too many names are being looked up."""
        name = host, port
        return await asyncio.shield(self._under_way.get(name) or self._begin(name))

    def _begin(self, name: tuple[str, int]) -> asyncio.Task[Sequence[str]]:
        if len(self._under_way) >= _MOST:
            raise OSError("too many names are being looked up")
        # In a context of its own: it holds nothing of the call that comes first.
        lookup = self._under_way[name] = asyncio.create_task(self._resolve(*name), context=Context())
        lookup.add_done_callback(lambda _: self._under_way.pop(name))
        return lookup
