"""Bring documents of one sender into the log, however often it takes, each once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import Future

import structlog

from tocsin.ingest.beats.documents import OTHER, Document
from tocsin.ingest.documents import DocumentIntake, Offer
from tocsin.ingest.errors import IngestError, StoppedError
from tocsin.ingest.ledger import Ledger

_log = structlog.get_logger(__name__)

MAX_SENDERS = 4_096
MAX_PROGRAMS = 16
"""Programs of one sender that have a source of their own: the names stand in what it sends."""
PREFIX = "beats:"


class Carrier:
    """Submits documents and comes back when they are durable or refused. Thread safe but for `carry`."""

    def __init__(self, intake: DocumentIntake, ledger: Ledger, *, retry_s: float = 0.25) -> None:
        self._intake = intake
        self._ledger = ledger
        self._retry_s = retry_s
        self._lock = threading.Lock()
        self._programs: dict[str, set[str]] = {}

    async def carry(self, sender: str, documents: Sequence[Document]) -> None:
        """Return when every document is durable or refused for good.

        While there is no room it waits. Raises `StoppedError` when the platform stops.
        """
        by_program: dict[str, list[Document]] = {}
        for document in documents:
            by_program.setdefault(document.program, []).append(document)
        for program, group in by_program.items():
            source = await asyncio.to_thread(self._source, sender, program)
            self._refuse(source, [document for document in group if document.fault])
            await self._store(source, [document.offer for document in group if not document.fault])

    async def _store(self, source: str, offers: list[Offer]) -> None:
        while offers:
            for offer in offers:
                offer.fate = "new"
            try:
                future = await asyncio.to_thread(self._intake.submit, source, offers)
                if future is not None:
                    await _durable(future)
                offers = [offer for offer in offers if offer.fate == "busy"]
            except StoppedError:
                raise
            except IngestError as error:
                _log.info("ingest_beats_waiting", source=source, code=error.code)
            if offers:
                await asyncio.sleep(self._retry_s)

    def _refuse(self, source: str, documents: Sequence[Document]) -> None:
        for document in documents:
            self._ledger.received(source, 1)
            self._ledger.refused(source, document.fault.split(":")[0], samples=[document.offer.raw])

    def _source(self, sender: str, program: str) -> str:
        """Return the source of a sender's program; the same for the same whenever it is asked.

        What is new is written down before it is used: after a kill a document that comes again must meet
        the source it came by.
        """
        with self._lock:
            if not self._programs:
                self._remember()
            if sender not in self._programs and len(self._programs) >= MAX_SENDERS:
                sender = OTHER
            known = self._programs.setdefault(sender, set())
            if program not in known and len(known) >= MAX_PROGRAMS:
                program = OTHER
            source = f"{PREFIX}{sender}:{program}"
            if program not in known:
                self._ledger.open(source)
                known.add(program)
        return source

    def _remember(self) -> None:
        for account in self._ledger.accounts():
            if account.source.startswith(PREFIX):
                sender, _, program = account.source.removeprefix(PREFIX).rpartition(":")
                self._programs.setdefault(sender, set()).add(program)


async def _durable(future: Future[int]) -> None:
    """Wait; whoever gives up waiting leaves the future alone, whose outcome others note."""
    waiting = asyncio.wrap_future(future)
    waiting.add_done_callback(_look_at)
    await asyncio.shield(waiting)


def _look_at(done: asyncio.Future[int]) -> None:
    if not done.cancelled():
        done.exception()
