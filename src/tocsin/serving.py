"""The HTTP server under the platform: one uvicorn in a thread of its own."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from tocsin.api.application import close_streams
from tocsin.core.errors import TocsinError

_STOP_S = 5


class ListenError(TocsinError):
    """The address to listen on cannot be had."""

    code = "listen"


class HTTPServer:
    """Serves an ASGI application until stopped. A port of 0 takes a free one; see `port`."""

    def __init__(
        self, app: FastAPI, host: str, port: int, *, certificate: Path | None = None, key: Path | None = None
    ) -> None:
        self._app = app
        self.host = host
        self.scheme = "https" if certificate else "http"
        self._socket = _listen(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,  # our own logs say what matters; access lines would hold queries
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_STOP_S,
                ssl_certfile=certificate,
                ssl_keyfile=key,
                ws="none",
            )
        )
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    @property
    def url(self) -> str:
        """The address people and agents use."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    def start(self) -> None:
        """Begin to serve; requests made from now on are answered."""
        self._thread.start()

    def stop(self) -> None:
        """Let requests under way end, at most five seconds, and close; also before `start`."""
        close_streams(self._app)  # an open console would hold the server for the whole grace
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(_STOP_S + 5)
        self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(512)
    except OSError as error:
        listener.close()
        raise ListenError(f"cannot listen on {host} port {port}: {error.strerror}") from error
    return listener
