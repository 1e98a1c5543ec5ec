"""A log record as one line of JSON.

Messages of exceptions, their tracebacks' source, and what others put into their messages may hold a name, a URL with
a patient's id, or a token. Only our own messages are filled in, with plain values; of everything else the line tells
the type and the place in the code.
"""

from __future__ import annotations

import logging
import os
import sysconfig
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from app.observability.call import CURRENT

_OURS = "app."
_CONSTANT = "uvicorn"
"""Its messages are constants, or hold process ids; what it fills in may be a client's."""
_ROOTS = (sysconfig.get_path("purelib"), str(Path(__file__).resolve().parents[2]), sysconfig.get_path("stdlib"))
_LONGEST = 1_000
_FRAMES = 25
_CAUSES = 4


def format_record(record: logging.LogRecord) -> bytes:
    """The line, without its end."""
    call = CURRENT.get()
    line: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": _message(record),
        "correlation": call.correlation if call else None,
        "where": f"{_short(record.pathname)}:{record.lineno}",
        "error": _error(record.exc_info[1]) if isinstance(record.exc_info, tuple) and record.exc_info[1] else None,
        "process": os.getpid(),
    }
    return msgspec.json.encode({key: value for key, value in line.items() if value is not None})


def _message(record: logging.LogRecord) -> str | None:
    if record.name.startswith(_OURS):
        return _filled(record)[:_LONGEST]
    if record.name.startswith(_CONSTANT) and isinstance(record.msg, str):
        return record.msg.strip().split("\n")[0][:_LONGEST]
    return None


def _filled(record: logging.LogRecord) -> str:
    """The message with its arguments; one that is no plain value, above all an exception, is only named."""
    template = _plain(record.msg)
    if not record.args:
        return str(template)
    args = record.args
    try:
        if isinstance(args, tuple):
            return str(template) % tuple(_plain(one) for one in args)
        return str(template) % _Named({key: _plain(one) for key, one in args.items()})
    except (TypeError, ValueError, KeyError):
        return f"{template} (its arguments do not fit)"


class _Named(dict[str, object]):
    """Values for a template that asks for each by name; logging also makes one of a lone dict given for `%s`."""

    def __repr__(self) -> str:
        return "dict"


def _plain(value: object) -> object:
    if value is None or isinstance(value, (str, int, float, Path, datetime)):
        return value
    return type(value).__name__


def _error(error: BaseException, depth: int = 0) -> dict[str, Any]:
    """Type and places, outermost first; with what caused it, and what a group holds."""
    told: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins."),
        "where": [f"{_short(frame.f_code.co_filename)}:{line}" for frame, line in _frames(error)],
    }
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause and depth < _CAUSES:
        told["cause"] = _error(cause, depth + 1)
    if isinstance(error, BaseExceptionGroup) and depth < _CAUSES:
        told["errors"] = [_error(one, depth + 1) for one in error.exceptions[:_CAUSES]]
    return told


def _frames(error: BaseException) -> list[Any]:
    return list(traceback.walk_tb(error.__traceback__))[-_FRAMES:]


def _short(path: str) -> str:
    """A path as seen from the project or the installed packages."""
    root = next((one for one in _ROOTS if path.startswith(one + "/")), None)
    return path[len(root) + 1 :] if root else Path(path).name
