"""Syslog over UDP and TCP, on a thread and an event loop of their own.

TCP gets back-pressure: nothing is read from a connection while the queue is full. UDP has no way to make
the sender wait: what does not fit is refused and counted with its reason.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from tocsin.core.clock import Clock
from tocsin.core.errors import TocsinError
from tocsin.core.record import Record
from tocsin.ingest.errors import BusyError, ListenError, StoppedError
from tocsin.ingest.framing import Deframer
from tocsin.ingest.ledger import LOST_UNREAD, NOT_TAKEN, Ledger
from tocsin.ingest.loop import LoopThread
from tocsin.ingest.sequences import Sequencer

_log = structlog.get_logger(__name__)

_CHUNK = 64 * 1024
_PAUSE_S = 0.05
_UDP_BUFFER_BYTES = 8 * 1024 * 1024
_UDP_PENDING = 20_000
_MAX_CONNECTIONS = 1_000
_MAX_SOURCES = 4_096
_OTHER = "other"
UNREAD = "syslog:udp:unread"
"""The source of datagrams that were lost before anybody saw who sent them."""
_SO_MEMINFO = 55
_DROPS_AT = 8
"""Of Linux, `asm-generic/socket.h` and `SK_MEMINFO_DROPS` of `linux/sock_diag.h`."""
_DROPS_S = 1.0


@dataclass(frozen=True, slots=True)
class Listen:
    """An address to listen on; port 0 takes any free one. `tls` applies to TCP only."""

    transport: str
    host: str
    port: int
    tls: ssl.SSLContext | None = None


class SyslogReceiver:
    """Listens until stopped. `start` returns once every address is bound, or raises `ListenError`."""

    def __init__(self, listens: list[Listen], sequencer: Sequencer, ledger: Ledger, clock: Clock) -> None:
        self._listens = listens
        self._sequencer = sequencer
        self._ledger = ledger
        self._clock = clock
        self._thread = LoopThread("ingest-syslog")
        self._servers: list[asyncio.Server] = []
        self._transports: list[asyncio.DatagramTransport] = []
        self._drops: list[DatagramDrops] = []
        self._watching: asyncio.Task[None] | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.addresses: list[tuple[str, int]] = []
        """What is bound, in the order of the listens."""

    def start(self) -> None:
        """Bind every address and begin to receive."""
        self._thread.start()
        try:
            self._thread.call(self._bind())
        except ListenError:
            self.stop()
            raise

    def stop(self) -> None:
        """Take no new connection, hand over what was read, close; nothing where nothing was started."""
        if self._thread.is_running():
            self._thread.call(self._unbind())
            self._thread.stop()

    async def _bind(self) -> None:
        for listen in self._listens:
            bind = self._bind_udp if listen.transport == "udp" else self._bind_tcp
            try:
                self.addresses.append(await bind(listen))
            except OSError as error:
                where = f"{listen.host} {listen.transport} port {listen.port}"
                raise ListenError(f"cannot listen for syslog on {where}: {error.strerror}") from error
        if self._drops:
            self._watching = asyncio.create_task(self._watch_drops(self._drops))

    async def _bind_udp(self, listen: Listen) -> tuple[str, int]:
        transport, _ = await self._thread.loop.create_datagram_endpoint(
            lambda: _Datagrams(self._thread.loop, self._take_datagrams), local_addr=(listen.host, listen.port)
        )
        bound: socket.socket = transport.get_extra_info("socket")
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _UDP_BUFFER_BYTES)
        self._transports.append(transport)
        self._drops.append(DatagramDrops(bound))
        return _address(bound)

    async def _bind_tcp(self, listen: Listen) -> tuple[str, int]:
        server = await asyncio.start_server(
            self._connected, listen.host, listen.port, limit=_CHUNK, ssl=listen.tls, backlog=512
        )
        self._servers.append(server)
        return _address(server.sockets[0])

    async def _unbind(self) -> None:
        for server in self._servers:
            server.close()
        if self._watching is not None:
            self._watching.cancel()
            self._count_drops(self._drops)
        for transport in self._transports:
            transport.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _take_datagrams(self, pending: list[tuple[str, bytes]]) -> None:
        by_peer: dict[str, list[bytes]] = defaultdict(list)
        for peer, raw in pending:
            by_peer[peer].append(raw)
        for peer, messages in by_peer.items():
            source, records = self._records("udp", peer, messages)
            try:
                self._sequencer.submit(source, records, gather=True)
            except TocsinError as error:
                # Nobody will send these again: they count as received and as refused.
                self._refuse(source, f"{NOT_TAKEN}: {error.code}", records)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - start_server runs this as a task
        if len(self._connections) >= _MAX_CONNECTIONS:
            _log.warning("ingest_syslog_connection_refused", connections=len(self._connections))
            writer.close()
            return
        self._connections.add(task)
        try:
            await self._read(reader, _peer(writer))
        except (OSError, asyncio.IncompleteReadError) as error:
            _log.info("ingest_syslog_connection_lost", error=type(error).__name__)
        finally:
            self._connections.discard(task)
            writer.close()

    async def _read(self, reader: asyncio.StreamReader, peer: str) -> None:
        deframer = Deframer()
        try:
            while chunk := await reader.read(_CHUNK):
                await self._submit(peer, deframer.feed(chunk))
        finally:
            self._submit_last(peer, deframer.end())

    async def _submit(self, peer: str, messages: list[bytes]) -> None:
        """Submit, and come back only when it is done: so the socket is not read meanwhile."""
        if not messages:
            return
        source, records = self._records("tcp", peer, messages)
        while True:
            try:
                self._sequencer.submit(source, records, gather=True)
                return
            except StoppedError:
                self._refuse(source, f"{NOT_TAKEN}: stopping", records)
                return
            except TocsinError as error:
                pause = error.retry_after if isinstance(error, BusyError) else 1.0
            try:
                await asyncio.sleep(min(pause, _PAUSE_S))
            except asyncio.CancelledError:
                self._refuse(source, f"{NOT_TAKEN}: stopping", records)
                raise

    def _submit_last(self, peer: str, messages: list[bytes]) -> None:
        if messages:
            source, records = self._records("tcp", peer, messages)
            try:
                self._sequencer.submit(source, records, gather=True)
            except TocsinError as error:
                self._refuse(source, f"{NOT_TAKEN}: {error.code}", records)

    def _refuse(self, source: str, reason: str, records: list[Record]) -> None:
        self._ledger.received(source, len(records))
        self._ledger.refused(source, reason, len(records), [record.raw for record in records[-1:]])

    async def _watch_drops(self, drops: list[DatagramDrops]) -> None:
        while True:
            await asyncio.sleep(_DROPS_S)
            self._count_drops(drops)

    def _count_drops(self, drops: list[DatagramDrops]) -> None:
        """Count what the system had no room to keep for us: it was sent, and who sent it is not known."""
        lost = sum(each.since() for each in drops)
        if lost:
            _log.warning("ingest_syslog_datagrams_lost", count=lost)
            self._ledger.received(UNREAD, lost)
            self._ledger.refused(UNREAD, LOST_UNREAD, lost)

    def _records(self, transport: str, peer: str, messages: list[bytes]) -> tuple[str, list[Record]]:
        """Return the source and its records, still without numbers.

        UDP senders can lie about their address, so beyond some thousand sources the rest share one.
        """
        source = f"syslog:{transport}:{peer}"
        if not self._sequencer.knows(source) and self._sequencer.sources() >= _MAX_SOURCES:
            source = f"syslog:{transport}:{_OTHER}"
        now = self._clock.now()
        return source, [Record(source, 0, raw, now, location=peer) for raw in messages]


class DatagramDrops:
    """How many datagrams the system dropped since the last time, for want of room in a socket's buffer.

    From `SO_MEMINFO` of Linux, a counter of 32 bits; always none on systems without it.
    """

    def __init__(self, bound: socket.socket) -> None:
        self._socket = bound
        self._before = self._count()

    def since(self) -> int:
        """Return how many were dropped since the last call."""
        before, self._before = self._before, self._count()
        return (self._before - before) & 0xFFFFFFFF

    def _count(self) -> int:
        try:
            values = self._socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 4 * (_DROPS_AT + 1))
        except OSError:
            return 0
        return int.from_bytes(values[4 * _DROPS_AT :], sys.byteorder)


class _Datagrams(asyncio.DatagramProtocol):
    """Collects the datagrams of one turn of the loop and hands them over together."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, take: Callable[[list[tuple[str, bytes]]], None]
    ) -> None:
        self._loop = loop
        self._take = take
        self._pending: list[tuple[str, bytes]] = []

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        raw = data.rstrip(b"\r\n\0")
        if not raw:
            return
        if not self._pending:
            self._loop.call_later(0.005, self._hand_over)
        self._pending.append((str(addr[0]), raw))
        if len(self._pending) >= _UDP_PENDING:
            self._hand_over()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._hand_over()

    def _hand_over(self) -> None:
        pending, self._pending = self._pending, []
        if pending:
            self._take(pending)


def _peer(writer: asyncio.StreamWriter) -> str:
    address = writer.get_extra_info("peername")
    return str(address[0]) if address else "unknown"


def _address(bound: socket.socket) -> tuple[str, int]:
    host, port = bound.getsockname()[:2]
    return str(host), int(port)
