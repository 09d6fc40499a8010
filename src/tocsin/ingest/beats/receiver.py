"""Listens for Beats and Logstash: Lumberjack over TCP, with TLS and certificates of clients if wanted."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import structlog

from tocsin.core.errors import TocsinError
from tocsin.ingest.beats.carrying import Carrier
from tocsin.ingest.beats.connection import Connection, Patience, Portion
from tocsin.ingest.beats.frames import FrameLimits
from tocsin.ingest.errors import ListenError
from tocsin.ingest.loop import LoopThread

_log = structlog.get_logger(__name__)

_HANDSHAKE_S = 10.0
_LONGEST_SENDER = 100


@dataclass(frozen=True, slots=True)
class BeatsListen:
    """An address to listen on; port 0 takes any free one. With `tls` senders must speak it."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class BeatsLimits:
    """What senders may take up."""

    connections: int = 500
    connections_per_sender: int = 64
    frames: FrameLimits = field(default_factory=FrameLimits)
    patience: Patience = field(default_factory=Patience)
    portion: Portion = field(default_factory=Portion)


class BeatsReceiver:
    """Listens until stopped; does nothing without an address. `start` raises `ListenError`."""

    def __init__(
        self, listen: BeatsListen | None, carrier: Carrier, limits: BeatsLimits | None = None
    ) -> None:
        self._listen = listen
        self._carrier = carrier
        self._limits = limits or BeatsLimits()
        self._thread = LoopThread("ingest-beats")
        self._server: asyncio.Server
        self._connections: dict[asyncio.Task[None], str] = {}
        self.address: tuple[str, int] = ("", 0)
        """What is bound."""

    def start(self) -> None:
        """Bind the address and begin to receive."""
        if self._listen is None:
            return
        self._thread.start()
        try:
            self._thread.call(self._bind(self._listen))
        except ListenError:
            self._thread.stop()
            raise

    def stop(self) -> None:
        """Take no new connection and close; what was not acknowledged is sent again to the next run."""
        if self._thread.is_running():
            self._thread.call(self._unbind())
            self._thread.stop()

    async def _bind(self, listen: BeatsListen) -> None:
        handshake = _HANDSHAKE_S if listen.tls else None
        try:
            self._server = await asyncio.start_server(
                self._connected, listen.host, listen.port, ssl=listen.tls, ssl_handshake_timeout=handshake
            )
        except OSError as error:
            where = f"{listen.host} port {listen.port}"
            raise ListenError(f"cannot listen for Beats on {where}: {error.strerror}") from error
        self.address = self._server.sockets[0].getsockname()[:2]

    async def _unbind(self) -> None:
        self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - start_server runs this as a task
        sender = sender_of(writer)
        limits = self._limits
        held = Counter(self._connections.values())[sender]
        if len(self._connections) >= limits.connections or held >= limits.connections_per_sender:
            _log.warning("ingest_beats_connection_refused", sender=sender, connections=len(self._connections))
            writer.close()
            return
        self._connections[task] = sender
        try:
            await Connection(
                reader,
                writer,
                sender,
                self._carrier,
                limits=limits.frames,
                patience=limits.patience,
                portion=limits.portion,
            ).run()
        except TocsinError as error:
            _log.warning(
                "ingest_beats_connection_ended", sender=sender, code=error.code, reason=error.message
            )
        except (OSError, TimeoutError) as error:
            _log.info("ingest_beats_connection_lost", sender=sender, error=type(error).__name__)
        finally:
            self._connections.pop(task, None)
            writer.close()


def sender_of(writer: asyncio.StreamWriter) -> str:
    """Return who sends: the name in its certificate when that was checked, else its address."""
    certificate: dict[str, Any] = writer.get_extra_info("peercert") or {}
    names = [
        value
        for part in certificate.get("subject", ())
        for name, value in part
        if name == "commonName" and isinstance(value, str)
    ]
    address = writer.get_extra_info("peername")
    name = names[0] if names else str(address[0]) if address else "unknown"
    return "".join(c for c in name if c.isprintable())[:_LONGEST_SENDER].strip() or "unknown"
