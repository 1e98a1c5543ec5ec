"""The web server of one process, and what signals mean to it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import threading
import time
from types import FrameType

import uvicorn

from app.serving.parts import Parts
from app.serving.reload import reload_or_log

log = logging.getLogger(__name__)

_LAST_WORDS_SECONDS = 0.1
_FAILED = 1


class WebServer(uvicorn.Server):
    """uvicorn's; but SIGTERM drains first, a second signal cuts calls off, and SIGHUP reloads files.

    SIGINT ends without draining. Whatever hangs, the process is gone when drain delay and shutdown time-out are over.
    Unlike uvicorn's, it does not raise the signal once more when it is done: an orderly end is exit code 0.
    """

    def __init__(self, config: uvicorn.Config, parts: Parts) -> None:
        super().__init__(config)
        self._parts = parts
        self._reloads: set[asyncio.Task[None]] = set()

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer calls until a signal ends it."""
        self._loop = asyncio.get_running_loop()
        await super().serve(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open everything and listen."""
        await super().startup(sockets)
        self._loop.add_signal_handler(signal.SIGHUP, self._begin_reload)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 (uvicorn's signature)
        """SIGTERM or SIGINT came; between any two instructions, so that all else is left to the event loop."""
        self._loop.call_soon_threadsafe(self._heed, sig)

    def _heed(self, sig: int) -> None:
        if self.should_exit:
            self._cut_off()
        elif self.started and sig == signal.SIGTERM and not self._parts.draining:
            self._drain(self._parts.settings.drain_delay)
        else:
            self._drain(0)

    def _drain(self, delay: float) -> None:
        self._parts.draining = True
        _give_up_after(delay + self._parts.settings.shutdown_timeout)
        self._loop.call_later(delay, self._end)

    def _end(self) -> None:
        self.should_exit = True

    def _cut_off(self) -> None:
        """Wait for no client any more; what is to be recorded still is."""
        for task in list(self.server_state.tasks):
            task.cancel()
        self._loop.call_later(_LAST_WORDS_SECONDS, self._hang_up)

    def _hang_up(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    def _begin_reload(self) -> None:
        task = self._loop.create_task(reload_or_log(self._parts.reload()))
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)


def _give_up_after(seconds: float) -> None:
    """The last resort: a thread that waits for a name server, say, would keep the process from its end."""
    timer = threading.Timer(seconds, _give_up)
    timer.daemon = True
    timer.start()


def _give_up() -> None:
    log.critical("this process did not end in time and is given up")
    time.sleep(_LAST_WORDS_SECONDS)  # for the log
    os._exit(_FAILED)
