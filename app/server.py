"""The web server: one process, or a parent with workers that share a socket and the database, and nothing else."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
from collections.abc import Callable

import uvicorn

from app.errors import LegworkError
from app.main import create_app
from app.observability.log import configure_logging
from app.security.connection import timed_protocol
from app.security.open_files import raise_open_files
from app.serving.ending import Ending
from app.serving.files import read_files
from app.serving.parent_log import forget_parent, log_directly
from app.serving.parts import Parts
from app.serving.reload import reload_everywhere, reload_or_log
from app.serving.supervisor import Supervisor
from app.serving.web_server import WebServer
from app.settings import Settings

_KEEP_ALIVE_SECONDS = 65  # longer than the minute for which load balancers keep a connection they do not use
_KILL_AFTER_SECONDS = 1.0


def prepare(settings: Settings, listener: socket.socket) -> Callable[[], None]:
    """What answers calls on a bound socket until SIGTERM or SIGINT.

    Raises KnowledgeError, ClientsError, SettingsError when something is not fit for use.
    """
    raise_open_files()
    if settings.workers == 1:
        server = _build(settings)
        return lambda: server.run(sockets=[listener])
    read_files(settings)
    log_directly()
    return Supervisor(
        settings.workers,
        work=lambda: _work(settings, listener),
        reload=lambda: asyncio.run(reload_or_log(reload_everywhere(settings))),
        # They give themselves up a little earlier.
        patience=settings.drain_delay + settings.shutdown_timeout + _KILL_AFTER_SECONDS,
    ).run


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
    return listener


def _work(settings: Settings, listener: socket.socket) -> None:
    forget_parent()
    _build(settings).run(sockets=[listener])


def _build(settings: Settings) -> WebServer:
    log_writer = configure_logging(settings.log_level)
    try:
        app = create_app(settings, log_writer=log_writer)
    except Exception:
        log_writer.close()  # whoever says why this process ends now writes at once
        raise
    # What was loaded stays: looking through all of it again (a full collection) would hold up calls for 0.1 s.
    gc.freeze()
    # A call makes thousands of short-lived objects, and hardly a cycle: to look for cycles every few calls is enough.
    gc.set_threshold(20_000)
    # A thread that writes records gives way to a call after half a millisecond; Python's own 5 ms are ten calls long.
    sys.setswitchinterval(0.0005)
    parts: Parts = app.state.parts
    app.add_middleware(Ending, draining=lambda: parts.draining)
    config = uvicorn.Config(
        app,
        http=timed_protocol(settings.header_timeout),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        # The rest of the time is for what waits to be written.
        timeout_graceful_shutdown=settings.shutdown_timeout / 2,  # type: ignore[arg-type]  # asyncio takes fractions
    )
    return WebServer(config, parts)
