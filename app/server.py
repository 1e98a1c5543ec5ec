"""The web server: one process, or a parent with workers that share a socket and the database, and nothing else."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from app.errors import LegworkError
from app.main import create_app
from app.observability.log import configure_logging
from app.security.open_files import raise_open_files
from app.serving.files import read_files
from app.serving.reload import reload_everywhere
from app.settings import Settings

log = logging.getLogger(__name__)

_KEEP_ALIVE_SECONDS = 65  # longer than the minute for which load balancers keep a connection they do not use


def prepare(settings: Settings) -> Callable[[socket.socket], None]:
    """What answers calls on a bound socket until SIGTERM or SIGINT; a clean end is exit code 0.

    Raises KnowledgeError, ClientsError, SettingsError when something is not fit for use.
    """
    raise_open_files()
    # uvicorn raises the signal that ended it once more when it is done.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if settings.workers == 1:
        server = uvicorn.Server(_config(settings, build()))
        return lambda listener: server.run(sockets=[listener])
    read_files(settings)
    config = _config(settings, "app.server:build")
    return lambda listener: _Supervisor(config, [listener], settings).run()


def build() -> FastAPI:
    """The app of one process, with the settings of its environment."""
    settings = Settings()
    return create_app(settings, log_writer=configure_logging(settings.log_level))


def bind(settings: Settings) -> socket.socket:
    """A socket at the configured address; raises LegworkError when that cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise LegworkError(f"cannot listen on {settings.host} port {settings.port}: {error.strerror}") from error
    listener.set_inheritable(True)
    return listener


def _config(settings: Settings, app: FastAPI | str) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        workers=settings.workers,
        http="app.serving.protocol:Protocol",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        # The rest of the time is for what waits to be written.
        timeout_graceful_shutdown=max(1, int(settings.shutdown_timeout / 2)),
    )


class _Supervisor(Multiprocess):
    """uvicorn's; but SIGHUP reloads files, where uvicorn would replace all workers."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], settings: Settings) -> None:
        super().__init__(config, sockets)
        self._settings = settings

    def handle_hup(self) -> None:
        """Check the files, and have every worker read them."""
        try:
            asyncio.run(reload_everywhere(self._settings))
        except LegworkError as error:
            log.error("the files were not reloaded, the old ones stay in use: %s", str(error))
