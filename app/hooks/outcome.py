"""Failures as FHIR OperationOutcomes: what, where and what was expected, never internals (protocol R9)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from http import HTTPMethod, HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import LegworkError, RequestError
from app.observability.call import CURRENT
from app.security.outcome import outcome_body

log = logging.getLogger(__name__)

_CODES = {404: "not-found", 405: "not-supported"}


def outcome(status: int, code: str, message: str, where: str | None = None, **headers: str) -> Response:
    """A response that carries an OperationOutcome with one issue."""
    return Response(outcome_body(code, message, where), status, headers, "application/json")


def install(app: FastAPI) -> None:
    """Answer every failure of the app with an OperationOutcome."""
    app.add_exception_handler(RequestError, _refused)
    app.add_exception_handler(LegworkError, _unfit)
    app.add_exception_handler(RequestValidationError, _bad_parameter)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_middleware(NoTraceback)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)  # noqa: S101 (tells the type checker what the registration says)
    return refusal(error)


def refusal(error: RequestError) -> Response:
    """What the caller is told of a request that cannot be answered."""
    _note(getattr(error, "reason", type(error).__name__))
    return outcome(error.status, error.code, str(error), error.where, **error.headers)


async def _unfit(_request: Request, error: Exception) -> Response:
    """Files that an operator asked to load, and that are not fit for use: the message lists their problems."""
    _note(type(error).__name__)
    return outcome(422, "invalid", str(error))


async def _bad_parameter(_request: Request, error: Exception) -> Response:
    """A parameter of the URL that is not as described; FastAPI's own answer would repeat what was sent."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 (tells the type checker what the registration says)
    _note(type(error).__name__)
    first = error.errors()[0]
    return outcome(422, "invalid", first["msg"], str(first["loc"][-1]))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 (tells the type checker what the registration says)
    status, headers = error.status_code, dict(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods(request))
    return outcome(status, _CODES.get(status, "processing"), HTTPStatus(status).phrase, **headers)


def _methods(request: Request) -> Iterator[str]:
    """All of this path; Starlette tells those of one route, and a path may have several."""
    for method in HTTPMethod:
        asked = {**request.scope, "method": method.value}
        if any(route.matches(asked)[0] is Match.FULL for route in request.app.routes):
            yield method.value


class NoTraceback:
    """Answers what is raised by middlewares within it: a refusal as such, a bug with 500.

    Of a bug, the log tells types and places (app/observability/log_line.py): its message may hold what the chart said.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:  # the last resort for any bug
            refused = isinstance(error, RequestError) and not started
            if not refused:
                log.exception("a call failed: %s", type(error).__name__)
            if not started:
                await _answer(error)(scope, receive, send)


def _answer(error: Exception) -> Response:
    if isinstance(error, RequestError):
        return refusal(error)
    _note(type(error).__name__)
    return outcome(500, "exception", "the service failed; nothing was evaluated")


def _note(error: str) -> None:
    call = CURRENT.get()
    if call is not None:
        call.error = error
