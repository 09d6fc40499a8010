"""The events that rules hold, kept in the database: each once for all rules, a piece at a time.

A piece has the events of one batch that rules began to hold, and says which rules. It is written once and
deleted when no rule needs it any more. What a rule let go of before that stays in its pieces, so a rule's
own row says where what it holds begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from tocsin.core.event import Event, Value
from tocsin.detect.tables import HeldPieceRow, RunRow

_AT_ONCE = 500
"""Pieces deleted by one statement."""


class HeldEvent(msgspec.Struct, array_like=True, gc=False):
    """An event, and which of its piece's rules hold it."""

    source: str
    seq: int
    at: int
    received_at: int
    message: str
    fields: dict[str, Value]
    rules: list[int]

    def event(self) -> Event:
        """Return the event itself."""
        return Event(self.source, self.seq, self.at, self.received_at, self.message, self.fields)


class Piece(msgspec.Struct, array_like=True, gc=False):
    """Events that some rules began to hold together."""

    rules: list[str]
    events: list[HeldEvent]

    @property
    def newest_at(self) -> int:
        """The time of the newest event."""
        return max(each.at for each in self.events)


@dataclass(slots=True)
class Holding:
    """Which events of the pieces a rule holds."""

    first: int
    """The number of the first piece that may have some: the rule's name in older ones is another run's."""
    gone_at: int | None = None
    """Events up to this time were let go of, ..."""
    gone_piece: int = 0
    """... if they are in a piece up to this one."""

    def has(self, piece: int, at: int) -> bool:
        """Say whether an event at a time, in a piece that names the rule, is held."""
        if piece < self.first:
            return False
        return self.gone_at is None or piece > self.gone_piece or at > self.gone_at

    def let_go(self, until: int, piece: int) -> None:
        """Let go of the events up to a time that are in pieces up to a number."""
        self.gone_at = until if self.gone_at is None else max(self.gone_at, until)
        self.gone_piece = piece


@dataclass(frozen=True, slots=True)
class Fresh:
    """Events, by their identifiers, that a rule began to hold, and for how long it will."""

    rule_id: str
    span: int
    ids: Iterable[str]


@dataclass(slots=True)
class _Kept:
    newest_at: int
    rules: tuple[str, ...]


@dataclass(slots=True)
class HeldPieces:
    """The pieces, and what of them is in memory: which rules each names. For one thread."""

    last: int = 0
    """The number of the newest piece there has been."""
    _kept: dict[int, _Kept] = field(default_factory=dict)

    def read(self, tx: Session) -> Iterator[tuple[int, Piece]]:
        """Yield every piece in the order of writing, and go on after the last."""
        self._kept.clear()
        begun = tx.scalar(select(func.max(RunRow.held_from))) or 0
        gone = tx.scalar(select(func.max(RunRow.gone_piece))) or 0
        self.last = max(begun - 1, gone, 0)
        query = select(HeldPieceRow.number, HeldPieceRow.events).order_by(HeldPieceRow.number)
        for number, events in tx.execute(query.execution_options(yield_per=8)):
            piece = msgspec.msgpack.decode(events, type=Piece)
            self._keep(number, piece)
            yield number, piece

    def _keep(self, number: int, piece: Piece) -> None:
        self._kept[number] = _Kept(piece.newest_at, tuple(piece.rules))
        self.last = max(self.last, number)

    def write(self, tx: Session, fresh: Iterable[Fresh], events: Mapping[str, Event]) -> None:
        """Write what rules began to hold: events held for about as long make a piece."""
        alike: dict[int, list[Fresh]] = {}
        for each in fresh:
            # Were all in one piece, a rule that looks back a week would keep everything for a week.
            alike.setdefault(each.span.bit_length(), []).append(each)
        rows = []
        for holders in alike.values():
            piece = _piece(holders, events)
            self._keep(self.last + 1, piece)
            blob = msgspec.msgpack.encode(piece)
            rows.append({"number": self.last, "newest_at": piece.newest_at, "events": blob})
        if rows:
            tx.execute(insert(HeldPieceRow), rows)

    def drop(self, tx: Session, needs: Callable[[str, int, int], bool]) -> None:
        """Delete the pieces that none of their rules needs, asked by rule, number and newest time."""
        over = [
            number
            for number, kept in self._kept.items()
            if not any(needs(rule_id, number, kept.newest_at) for rule_id in kept.rules)
        ]
        for start in range(0, len(over), _AT_ONCE):
            tx.execute(delete(HeldPieceRow).where(HeldPieceRow.number.in_(over[start : start + _AT_ONCE])))
        for number in over:
            del self._kept[number]


def _piece(holders: Iterable[Fresh], events: Mapping[str, Event]) -> Piece:
    rules: list[str] = []
    held: dict[str, HeldEvent] = {}
    for number, holder in enumerate(holders):
        rules.append(holder.rule_id)
        for identifier in holder.ids:
            known = held.get(identifier)
            if known is None:
                known = held[identifier] = _held(events[identifier])
            known.rules.append(number)
    return Piece(rules, list(held.values()))


def _held(event: Event) -> HeldEvent:
    return HeldEvent(event.source, event.seq, event.at, event.received_at, event.message, event.fields, [])
