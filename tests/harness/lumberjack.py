"""A sender that speaks Lumberjack, written from the description of the protocol, for tests to misuse."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from harness.waiting import PATIENCE_S

Document = Mapping[str, Any]


def window(count: int, version: int = 2) -> bytes:
    """Return the frame that states the window."""
    return struct.pack(">BBI", 0x30 + version, ord("W"), count)


def json_frame(seq: int, document: Document | bytes) -> bytes:
    """Return a frame of version 2 that holds a document."""
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    return b"2J" + struct.pack(">II", seq, len(raw)) + raw


def pairs_frame(seq: int, pairs: Mapping[str, str], version: int = 1) -> bytes:
    """Return a frame that holds a document as names and values."""
    texts = [text.encode() for pair in pairs.items() for text in pair]
    head = struct.pack(">BBII", 0x30 + version, ord("D"), seq, len(pairs))
    return head + b"".join(struct.pack(">I", len(text)) + text for text in texts)


def compressed(frames: bytes, version: int = 2) -> bytes:
    """Return a frame that holds frames."""
    packed = zlib.compress(frames)
    return struct.pack(">BBI", 0x30 + version, ord("C"), len(packed)) + packed


def window_of(documents: Sequence[Document]) -> bytes:
    """Return a whole window as Filebeat sends it."""
    frames = b"".join(json_frame(seq, document) for seq, document in enumerate(documents, start=1))
    return window(len(documents)) + compressed(frames)


def line(number: int, text: str, *, path: str = "/var/log/app.log", host: str = "web1") -> dict[str, Any]:
    """Return a line as Filebeat 8 ships it."""
    return {
        "@timestamp": "2026-11-24T10:00:00.000Z",
        "@metadata": {"beat": "filebeat", "type": "_doc", "version": "8.15.0"},
        "message": text,
        "log": {"offset": number * 100, "file": {"path": path, "inode": "77", "device_id": "2049"}},
        "input": {"type": "filestream"},
        "agent": {"type": "filebeat", "id": f"id-{host}", "name": host, "ephemeral_id": "e1"},
        "host": {"name": host},
        "ecs": {"version": "8.0.0"},
    }


class Sender:
    """A connection. `sent` counts documents, `acknowledged` what the last window was told."""

    def __init__(self, address: tuple[str, int], *, tls: ssl.SSLContext | None = None) -> None:
        self.socket = socket.create_connection(address, timeout=PATIENCE_S)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname=address[0])
        self._reader = self.socket.makefile("rb")

    def send(self, documents: Sequence[Document]) -> None:
        """Send a window and return when all of it is acknowledged."""
        self.socket.sendall(window_of(documents))
        while self.answer() != len(documents):
            pass

    def answer(self) -> int:
        """Return the number of the next acknowledgement; raises `EOFError` when the connection ends."""
        frame = self._reader.read(6)
        if len(frame) < 6:
            raise EOFError
        assert frame[1:2] == b"A"
        return int.from_bytes(frame[2:], "big")

    def is_ended(self) -> bool:
        """Wait for the other side to say something; tell whether it hung up."""
        try:
            return self._reader.read(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self._reader.close()
        self.socket.close()

    def __enter__(self) -> Sender:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
