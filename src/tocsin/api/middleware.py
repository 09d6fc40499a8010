"""What every request and response passes: a limit on bodies, and headers that keep browsers safe."""

from __future__ import annotations

from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tocsin.api.headers import SECURITY_HEADERS
from tocsin.api.problems import problem


class SecurityHeaders:
    """Adds the headers to every response, and `no-store` to those of the API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                wanted = dict(SECURITY_HEADERS)
                if scope["path"].startswith("/api/"):
                    wanted["cache-control"] = "no-store"
                message["headers"] = [
                    *message["headers"],
                    *((k.encode(), v.encode()) for k, v in wanted.items() if k.encode() not in present),
                ]
            await send(message)

        await self._app(scope, receive, send_with_headers)


class BodyLimit:
    """Refuses bodies over the path's limit: at once when they say so, else as soon as they pass it."""

    def __init__(
        self,
        app: ASGIApp,
        limit_of: Callable[[str], int],
        refusal_of: Callable[[str, str], ASGIApp] = lambda _path, reason: problem(413, "too-large", reason),
    ) -> None:
        """`refusal_of` gives the answer to a path for a reason, in the form that its clients read."""
        self._app = app
        self._limit_of = limit_of
        self._refusal_of = refusal_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit_of(scope["path"])
        if _declared_length(scope) > limit:
            await self._refusal_of(scope["path"], _too_large(limit))(scope, receive, send)
            return
        received = 0

        async def receive_within_limit() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise HTTPException(413, _too_large(limit))  # the one kind FastAPI lets through
            return message

        await self._app(scope, receive_within_limit, send)


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _too_large(limit: int) -> str:
    return f"the body is larger than {limit} bytes"
