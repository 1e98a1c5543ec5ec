"""What every answer tells a browser not to do (pure ASGI)."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = b"content-security-policy"
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cache-control", b"no-store"),
)
_STRICT = b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000")


class SecurityHeaders:
    """Adds what an answer does not say itself. The outermost middleware: nothing leaves without.

    `policies` gives pages that need more than nothing a content-security-policy by their path, where they set none
    themselves. `https` (the public URL is https) tells browsers to use nothing else for a year.
    """

    def __init__(self, app: ASGIApp, *, https: bool, policies: Mapping[str, str] | None = None) -> None:
        self._app = app
        self._always = (*_ALWAYS, _HTTPS_ONLY) if https else _ALWAYS
        self._policies = {path: policy.encode() for path, policy in (policies or {}).items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        policy = self._policies.get(scope["path"], _STRICT)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name.lower() for name, _ in message.get("headers", ())}
                ours = ((name, value) for name, value in (*self._always, (_POLICY, policy)) if name not in said)
                message["headers"] = [*message.get("headers", ()), *ours]
            await send(message)

        await self._app(scope, receive, with_headers)
