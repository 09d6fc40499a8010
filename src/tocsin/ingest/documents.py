"""Documents that their senders have names for: each is stored once, however often it is sent.

What `_bulk` and Beats share. A sender that got no answer sends again; by its name the document is known to
be in the log, to be on its way there, or to be another one that must not take its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.exc import SQLAlchemyError

from tocsin.core.clock import Clock
from tocsin.core.record import Record
from tocsin.ingest.errors import IngestError, NotStoredError
from tocsin.ingest.identities import Claim, Identities, digest_of, is_same
from tocsin.ingest.ledger import Ledger
from tocsin.ingest.sequences import Sequencer

Fate = Literal["new", "again", "conflict", "busy"]
"""`new`: submitted now. `again`: in the log before. `conflict`: another document has its name. `busy`: the
same is under way, it must be offered once more."""

CONFLICT = "version conflict"
"""The reason by which conflicts are counted."""


@dataclass(slots=True)
class Offer:
    """A document that a sender offers, and what became of it."""

    raw: bytes
    name: str = ""
    """What its sender calls it; empty: it has no name and is always new."""
    is_content: bool = False
    """Whether the name is made of the content, so that it can have no other."""
    held_us: int | None = None
    """How long the name means this document; None: as long as it is remembered."""
    seq: int = 0
    fate: Fate = "new"


class DocumentIntake:
    """Submits what is new of the documents offered. Thread safe; blocks on the database."""

    def __init__(self, sequencer: Sequencer, ledger: Ledger, clock: Clock, identities: Identities) -> None:
        self._sequencer = sequencer
        self._ledger = ledger
        self._clock = clock
        self._identities = identities

    def submit(
        self, source: str, offers: Sequence[Offer], *, location: str = "", pipeline: str = ""
    ) -> Future[int] | None:
        """Say in each offer what becomes of it; the future is done when the new ones are durable.

        None: there are no new ones. Raises what `Pipeline.submit` raises, and `NotStoredError` when names
        cannot be written down; then nothing new was taken.
        """
        names = list(dict.fromkeys(offer.name for offer in offers if offer.name))
        busy = self._identities.begin(source, names) if names else set()
        mine = [name for name in names if name not in busy]
        try:
            fresh = self._fresh(source, offers, names, busy)
            future = self._submit(source, fresh, location, pipeline) if fresh else None
        except BaseException as error:
            self._identities.forget(source, mine)
            if isinstance(error, SQLAlchemyError):
                raise NotStoredError(f"the names cannot be written down: {type(error).__name__}") from error
            raise
        new = [offer.name for offer in fresh if offer.name]
        self._identities.forget(source, sorted((set(mine) | _told(offers)) - set(new)))
        if future is not None and new:
            self._identities.settle(source, new, future)
        return future

    def _submit(self, source: str, offers: list[Offer], location: str, pipeline: str) -> Future[int]:
        now = self._clock.now()
        records = [
            Record(source, 0, offer.raw, now, "json", location=location, pipeline=pipeline)
            for offer in offers
        ]

        def claim(first: int) -> None:
            for seq, offer in enumerate(offers, start=first):
                offer.seq = seq
            claims = [Claim(offer.name, offer.seq, digest_of(offer.raw)) for offer in offers if offer.name]
            if claims:
                self._identities.claim(source, claims)

        return self._sequencer.submit(source, records, gather=False, numbered_as=claim)[1]

    def _fresh(
        self, source: str, offers: Sequence[Offer], names: Sequence[str], busy: set[str]
    ) -> list[Offer]:
        """Return the documents that are not in the log yet, having told of those that are.

        What is under way may be in the log all the same: who waited for it was told that there is no room.
        """
        stored = self._identities.stored(source, names) if names else {}
        now = self._clock.now()
        fresh: list[Offer] = []
        first: dict[str, Offer] = {}
        for offer in offers:
            name = offer.name
            claim = stored.get(name)
            if claim is not None and (offer.held_us is None or now - claim.claimed_at <= offer.held_us):
                offer.seq = claim.seq
                self._tell(source, offer, same=offer.is_content or is_same(offer.raw, claim))
            elif name in busy:
                offer.fate = "busy"
            elif name and (before := first.get(name)):
                same = offer.is_content or digest_of(before.raw) == digest_of(offer.raw)
                self._tell(source, offer, same=same)
            else:
                offer.fate = "new"
                fresh.append(offer)
                if name:
                    first[name] = offer
        return fresh

    def _tell(self, source: str, offer: Offer, *, same: bool) -> None:
        offer.fate = "again" if same else "conflict"
        self._ledger.received(source, 1)
        if same:
            self._ledger.settled(source, stored=0, duplicates=1)
        else:
            self._ledger.refused(source, CONFLICT, samples=[offer.raw])


def _told(offers: Sequence[Offer]) -> set[str]:
    """Return the names of documents of which the log says what became."""
    return {offer.name for offer in offers if offer.fate in ("again", "conflict")}


def not_taken(error: IngestError) -> str:
    """Return why documents were not taken, for those that wait for an answer."""
    return f"{error.code}: {error.message}"
