"""One connection of a Beat or Logstash: documents in, acknowledgements out once they are durable."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from tocsin.ingest.beats.carrying import Carrier
from tocsin.ingest.beats.documents import Document, Documents
from tocsin.ingest.beats.frames import BadFrameError, FrameLimits, FrameReader, Sent, Window

_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a connection waits for what, in seconds."""

    idle_s: float = 300.0
    """A sender that says nothing for so long is hung up on; it connects again when it has something."""
    gather_s: float = 1.0
    """A window that is not whole after so long a silence is stored and acknowledged as far as it came."""
    keep_alive_s: float = 3.0
    """How often a sender is told that its documents are being stored; most give up after 30 s."""
    answer_s: float = 30.0
    """A sender that does not take its acknowledgement for so long is hung up on."""


@dataclass(frozen=True, slots=True)
class Portion:
    """How much is stored at a time: a larger window is acknowledged in parts."""

    documents: int = 2_048
    size_bytes: int = 4 * 1024 * 1024


class Connection:
    """Serves one sender until it ends. Nothing is read while documents are being stored."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        sender: str,
        carrier: Carrier,
        *,
        limits: FrameLimits,
        patience: Patience,
        portion: Portion,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._sender = sender
        self._carrier = carrier
        self._limits = limits
        self._patience = patience
        self._portion = portion
        self._documents = Documents()
        self._pending: list[Document] = []
        self._pending_bytes = 0
        self._version = 2
        self._window = 0
        self._left = 0

    async def run(self) -> None:
        """Serve; returns at the end of the stream. What was not acknowledged by then is sent again.

        Raises `BadFrameError`, `TimeoutError` for a sender that is silent or does not listen, `OSError` for
        a connection that broke, and `StoppedError`.
        """
        frames = FrameReader(self._limits)
        while (chunk := await self._read()) != b"":
            if chunk is None:
                await self._store()
                continue
            for frame in frames.feed(chunk):
                if isinstance(frame, Window):
                    await self._open(frame)
                else:
                    await self._take(frame)

    async def _read(self) -> bytes | None:
        """Return what came, empty at the end; None when nothing came and documents wait."""
        within = self._patience.gather_s if self._pending else self._patience.idle_s
        try:
            return await asyncio.wait_for(self._reader.read(_CHUNK), within)
        except TimeoutError:
            if self._pending:
                return None
            raise

    async def _open(self, window: Window) -> None:
        await self._store()  # what a sender left of the window before
        self._version, self._window, self._left = window.version, window.size, window.size

    async def _take(self, sent: Sent) -> None:
        if not self._window:
            raise BadFrameError("a document that belongs to no window")
        self._version = sent.version
        self._pending.append(self._documents.read(sent))
        self._pending_bytes += len(sent.raw)
        self._left -= 1
        if not self._left:
            self._left = self._window  # senders of version 1 state it once
            await self._store()
        elif len(self._pending) >= self._portion.documents or self._pending_bytes >= self._portion.size_bytes:
            await self._store()

    async def _store(self) -> None:
        """Have everything stored that waits, and acknowledge it."""
        pending, self._pending, self._pending_bytes = self._pending, [], 0
        if not pending:
            return
        carrying = asyncio.ensure_future(self._carrier.carry(self._sender, pending))
        try:
            while not (await asyncio.wait({carrying}, timeout=self._patience.keep_alive_s))[0]:
                if self._version == 2:  # in version 1 it would be an acknowledgement of nothing
                    await self._acknowledge(0)
        finally:
            if not carrying.done():
                carrying.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await carrying
        carrying.result()
        await self._acknowledge(pending[-1].sent.seq)

    async def _acknowledge(self, seq: int) -> None:
        self._writer.write(b"%dA%b" % (self._version, seq.to_bytes(4, "big")))
        await asyncio.wait_for(self._writer.drain(), self._patience.answer_s)
