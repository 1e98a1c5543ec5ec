"""The whole service on a real socket, within the test's process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import uvicorn

from app.main import create_app
from app.security.connection import timed_protocol
from app.settings import Settings


def development(data_dir: Path, **values: Any) -> Settings:
    """Settings as a developer has them, with a data folder of their own."""
    return Settings(mode="development", data_dir=data_dir, **values)


@contextmanager
def serving(settings: Settings, clock: Callable[[], datetime] | None = None) -> Iterator[str]:
    """The base URL of a running service; it is stopped in order at the end."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        app = create_app(settings.model_copy(update={"port": port}), clock)
        config = uvicorn.Config(
            app, http=timed_protocol(settings.header_timeout), log_config=None, lifespan="on", ws="none"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(20)
