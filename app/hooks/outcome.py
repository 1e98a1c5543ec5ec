"""Failures as FHIR OperationOutcomes: what, where and what was expected, never internals (protocol R9)."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import RequestError

log = logging.getLogger(__name__)

_CODES = {404: "not-found", 405: "not-supported"}


def outcome(status: int, code: str, message: str, where: str | None = None, **headers: str) -> Response:
    """A response that carries an OperationOutcome with one issue."""
    issue: dict[str, Any] = {"severity": "error", "code": code, "diagnostics": message}
    if where:
        issue["expression"] = [where]
    body = {"resourceType": "OperationOutcome", "issue": [issue]}
    return Response(msgspec.json.encode(body), status, headers, "application/json")


def install(app: FastAPI) -> None:
    """Answer every failure of the app with an OperationOutcome."""
    app.add_exception_handler(RequestError, _refused)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_middleware(NoTraceback)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)  # noqa: S101 (tells the type checker what the registration says)
    return outcome(error.status, error.code, str(error), error.where, **error.headers)


async def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 (tells the type checker what the registration says)
    phrase = HTTPStatus(error.status_code).phrase
    return outcome(error.status_code, _CODES.get(error.status_code, "processing"), phrase, **dict(error.headers or {}))


class NoTraceback:
    """Answers a bug with 500 and logs only its type: a message or a traceback may hold what the chart said."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001 (the last resort for any bug)
            log.error("a call failed: %s", type(error).__name__)
            if not started:
                response = outcome(500, "exception", "the service failed; nothing was evaluated")
                await response(scope, receive, send)
