"""A wire between two processes that is cut in the middle of a request, at the byte a test wants."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from harness.waiting import PATIENCE_S


@dataclass
class Cut:
    """What happens at the next request whose first line holds `path`.

    So much of it goes through as `share` says; after `pause_s` comes `blow`, and the connection ends.
    """

    path: bytes
    share: float
    pause_s: float
    blow: Callable[[], object]
    done: threading.Event = field(default_factory=threading.Event)


class Tripwire:
    """Hands on whatever HTTP it gets to another port of loopback, and answers back."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._armed: Cut | None = None
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, path: bytes, share: float, pause_s: float, blow: Callable[[], object]) -> None:
        """Wait for such a request and strike; fails when none comes in time."""
        armed = Cut(path, share, pause_s, blow)
        with self._lock:
            self._armed = armed
        assert armed.done.wait(PATIENCE_S), f"no {path!r} came by within {PATIENCE_S} s"

    def close(self) -> None:
        """End all connections."""
        with suppress(OSError):  # wakes the thread that accepts
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for one in self._open:
                _end(one)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError, EOFError):
            server = socket.create_connection(("127.0.0.1", self._to_port), timeout=PATIENCE_S)
            server.settimeout(None)
            with self._lock:
                self._open += [client, server]
            with server:
                threading.Thread(target=_pump, args=(server, client), daemon=True).start()
                try:
                    self._hand_on(client, server)
                finally:
                    _end(server)
                    _end(client)

    def _hand_on(self, client: socket.socket, server: socket.socket) -> None:
        reader = client.makefile("rb")
        while request := _request(reader.readline, reader.read):
            armed = self._tripped(request)
            if armed is None:
                server.sendall(request)
                continue
            server.sendall(request[: int(len(request) * armed.share)])
            time.sleep(armed.pause_s)
            armed.blow()
            armed.done.set()
            return

    def _tripped(self, request: bytes) -> Cut | None:
        with self._lock:
            armed = self._armed
            if armed is None or armed.path not in request.partition(b"\r\n")[0]:
                return None
            self._armed = None
            return armed


def _request(line: Callable[[], bytes], read: Callable[[int], bytes]) -> bytes:
    """Return the next request whole; nothing at the end."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        part = line()
        if not part:
            return b""
        head += part
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return head + (read(int(length[1])) if length else b"")


def _pump(source: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            to.sendall(data)
    _end(to)


def _end(one: socket.socket) -> None:
    with suppress(OSError):  # it may have ended already
        one.shutdown(socket.SHUT_RDWR)
