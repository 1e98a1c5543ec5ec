"""What SIGTERM and SIGHUP mean to a process that answers calls."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from app.errors import LegworkError

log = logging.getLogger(__name__)


@contextmanager
def heeded(drain: Callable[[], None], delay: float, reload: Callable[[], Awaitable[object]]) -> Iterator[None]:
    """Within, SIGTERM drains for `delay` seconds before the web server ends, and SIGHUP reloads.

    To be entered from the running loop, after the web server has installed its own handlers. Only the main thread
    hears signals; elsewhere (a server within a test) nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop, end = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)
    reloads: set[asyncio.Task[None]] = set()

    def begin_drain(number: int, frame: FrameType | None) -> None:
        drain()
        if callable(end):
            loop.call_soon_threadsafe(loop.call_later, delay, end, number, frame)

    def begin_reload() -> None:
        task = loop.create_task(_reload(reload))
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    signal.signal(signal.SIGTERM, begin_drain)
    loop.add_signal_handler(signal.SIGHUP, begin_reload)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        signal.signal(signal.SIGTERM, end)


async def _reload(reload: Callable[[], Awaitable[object]]) -> None:
    try:
        await reload()
    except LegworkError as error:
        log.error("the files were not reloaded, the old ones stay in use: %s", str(error))
