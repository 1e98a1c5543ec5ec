"""A route of FastAPI's that is answered without FastAPI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send


class PlainRoute(APIRoute):
    """Matched and described like any other, and answered by its endpoint alone.

    FastAPI's own way to an endpoint (parameters, dependencies, exit stacks) costs about as much as reading a small
    chart. The endpoint takes the path's parameters, as text, and the request; its name is the operation's.
    To be added to `app.router.routes`: an included route is found by a longer search.
    """

    def __init__(self, path: str, endpoint: Callable[..., Awaitable[Response]], **described: Any) -> None:
        super().__init__(path, endpoint, generate_unique_id_function=lambda route: route.name, **described)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            response = await endpoint(request=Request(scope, receive), **scope["path_params"])
            await response(scope, receive, send)

        self.app = app


class Shortcut:
    """Leads POSTs to one path straight to their route (pure ASGI).

    What they pass by is the search for a route, and the handlers of exceptions: those that wrap this must answer a
    RequestError, as NoTraceback does.
    """

    def __init__(self, app: ASGIApp, *, route: PlainRoute, parameters: Mapping[str, str]) -> None:
        self._app, self._route, self._parameters = app, route, parameters
        self._path = route.path.format(**parameters)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http" and scope["path"] == self._path and scope["method"] == "POST":
            scope["path_params"] = self._parameters
            await self._route.app(scope, receive, send)
        else:
            await self._app(scope, receive, send)
