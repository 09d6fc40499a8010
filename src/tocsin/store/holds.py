"""Legal holds: events that nobody's retention may delete, who placed the hold and why.

A hold is a query, a range of time, or both. It covers what is in the log and what will come to it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tocsin.core.clock import DAY, from_iso
from tocsin.core.errors import ConflictError, InvalidError, NotFoundError
from tocsin.core.fields import TIMESTAMP
from tocsin.query.dates import Dates
from tocsin.query.lucene import parse_lucene
from tocsin.query.tree import And, Everything, Node, Not, Or, Range
from tocsin.store.base import StoreError
from tocsin.store.journal import Deed, Guard, Journal, note

_LONGEST_REASON = 2_000
_NEWEST = "SELECT coalesce(max(id), 0) FROM holds"


class HeldError(StoreError):
    """Events under a legal hold would be deleted."""

    code = "held"


@dataclass(frozen=True, slots=True)
class Hold:
    """Events of `query` with `from_at <= at < to_at` (microseconds); in force until it is lifted."""

    id: int
    query: str
    from_at: int | None
    to_at: int | None
    reason: str
    placed_by: str
    placed_at: int
    lifted_by: str | None = None
    lifted_at: int | None = None
    lift_reason: str | None = None

    @property
    def node(self) -> Node:
        """Which events are held."""
        parts = [parse_lucene(self.query, dates=Dates(None))] if self.query else []
        if self.from_at is not None or self.to_at is not None:
            parts.append(Range(TIMESTAMP, gte=self.from_at, lt=self.to_at))
        return And(tuple(parts)) if parts else Everything()

    def touches(self, day: str) -> bool:
        """Whether the hold's time reaches into a day."""
        start = from_iso(f"{day}T00:00:00Z")
        begins = self.from_at is None or self.from_at < start + DAY
        return begins and (self.to_at is None or self.to_at > start)


@dataclass(frozen=True, slots=True)
class NewHold:
    """What a hold shall be about, and why."""

    reason: str
    query: str = ""
    from_at: int | None = None
    to_at: int | None = None


class Holds:
    """The holds of a log, kept in its journal with a trail of their own."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def place(self, new: NewHold, who: str, at: int) -> Hold:
        """Put a hold in force and return it.

        Raises `InvalidError` without a reason or for a range that is empty, and `QueryError` for a query that
        cannot be read or that depends on the time it is read.
        """
        _check(new)
        row = (new.query, new.from_at, new.to_at, new.reason.strip(), who, at)
        with self._journal.transaction() as tx:
            cursor = tx.execute(
                "INSERT INTO holds (query, from_at, to_at, reason, placed_by, placed_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )
            hold = Hold(int(cursor.lastrowid or 0), *row)
            details = {"query": hold.query, "from_at": hold.from_at, "to_at": hold.to_at}
            note(tx, Deed(at, who, "hold.placed", str(hold.id), details | {"reason": hold.reason}))
        return hold

    def lift(self, hold_id: int, reason: str, who: str, at: int) -> Hold:
        """End a hold; it stays on the list of all.

        Raises `NotFoundError`, `ConflictError` when it was lifted before, `InvalidError` without a reason.
        """
        if not reason.strip() or len(reason) > _LONGEST_REASON:
            raise InvalidError(f"say why the hold is lifted, in at most {_LONGEST_REASON} characters")
        with self._journal.transaction() as tx:
            changed = tx.execute(
                "UPDATE holds SET lifted_by = ?, lifted_at = ?, lift_reason = ?"
                " WHERE id = ? AND lifted_at IS NULL",
                (who, at, reason.strip(), hold_id),
            ).rowcount
            if changed:
                note(tx, Deed(at, who, "hold.lifted", str(hold_id), {"reason": reason.strip()}))
        found = [hold for hold in self.all() if hold.id == hold_id]
        if not found:
            raise NotFoundError(f"there is no hold {hold_id}")
        if not changed:
            raise ConflictError(f"the hold {hold_id} is lifted already")
        return found[0]

    def all(self) -> Sequence[Hold]:
        """Return every hold, lifted ones too, oldest first."""
        return [Hold(**row) for row in self._journal.rows("SELECT * FROM holds ORDER BY id")]

    def in_force(self) -> Sequence[Hold]:
        """Return the holds in force, oldest first."""
        return [hold for hold in self.all() if hold.lifted_at is None]

    def on(self, day: str) -> Sequence[Hold]:
        """Return the holds in force whose time reaches into a day."""
        return [hold for hold in self.in_force() if hold.touches(day)]

    @contextmanager
    def settled(self) -> Iterator[Callable[[Deed], None]]:
        """Keep the holds as they are for the block: nobody places one meanwhile.

        Yields what writes a deed to the trail, at the end of the block.
        """
        with self._journal.transaction() as tx:
            yield lambda deed: note(tx, deed)

    def guarded(self, day: str) -> tuple[Guard, Sequence[Hold]]:
        """Return the holds on a day, and a check that none was placed since."""
        newest = self._journal.rows(_NEWEST)[0][0]

        def check(tx: sqlite3.Connection) -> None:
            if tx.execute(_NEWEST).fetchone()[0] != newest:
                raise HeldError(f"a hold was placed while {day} was gone through: nothing was deleted")

        return check, self.on(day)


def spared(doomed: Node, holds: Sequence[Hold]) -> Node:
    """Return which of the doomed events are under none of the holds."""
    return And((doomed, Not(Or(tuple(hold.node for hold in holds))))) if holds else doomed


def _check(new: NewHold) -> None:
    if not new.reason.strip() or len(new.reason) > _LONGEST_REASON:
        raise InvalidError(f"a hold needs a reason, of at most {_LONGEST_REASON} characters")
    parse_lucene(new.query, dates=Dates(None))
    if new.from_at is not None and new.to_at is not None and new.from_at >= new.to_at:
        raise InvalidError("a hold's `from` must lie before its `to`")
    for bound in (new.from_at, new.to_at):
        if bound is not None and not 0 <= bound < 2**62:
            raise InvalidError("a hold's time lies outside the calendar")
