"""What a command on this machine asks of the platform that has the log open, and how far it is.

The way is the journal, which only the owner of the data folder can write to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tocsin.core.errors import NotFoundError
from tocsin.store.journal import Journal

State = Literal["asked", "running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Order:
    """One order: `done` of `total` bytes so far, and in the end the answer, or why it failed."""

    id: int
    kind: str
    subject: str
    asked_at: int
    state: State
    done: int
    total: int
    answer: str


class Orders:
    """The orders of a log; thread safe, and shared between processes."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def ask(self, kind: str, subject: str, at: int) -> int:
        """Leave an order and return its number."""
        with self._journal.transaction() as tx:
            cursor = tx.execute(
                "INSERT INTO orders (kind, subject, asked_at, state, done, total, answer)"
                " VALUES (?, ?, ?, 'asked', 0, 0, '')",
                (kind, subject, at),
            )
            return int(cursor.lastrowid or 0)

    def take(self) -> Order | None:
        """Return the oldest order that nobody has taken, and take it."""
        waiting = self._journal.rows("SELECT id FROM orders WHERE state = 'asked' ORDER BY id LIMIT 1")
        if not waiting:
            return None
        with self._journal.transaction() as tx:
            tx.execute("UPDATE orders SET state = 'running' WHERE id = ?", (waiting[0]["id"],))
        return self.look(waiting[0]["id"])

    def report(self, order: int, done: int, total: int) -> None:
        """Say how far an order is."""
        with self._journal.transaction() as tx:
            tx.execute("UPDATE orders SET done = ?, total = ? WHERE id = ?", (done, total, order))

    def answer(self, order: int, state: Literal["done", "failed"], text: str) -> None:
        """Say how an order ended."""
        with self._journal.transaction() as tx:
            tx.execute("UPDATE orders SET state = ?, answer = ? WHERE id = ?", (state, text, order))

    def look(self, order: int) -> Order:
        """Return an order as it is now; raises `NotFoundError`."""
        found = self._journal.rows("SELECT * FROM orders WHERE id = ?", order)
        if not found:
            raise NotFoundError(f"there is no order {order}")
        return Order(**found[0])

    def give_up(self, reason: str) -> None:
        """End what is not done: nobody is there to do it."""
        with self._journal.transaction() as tx:
            tx.execute(
                "UPDATE orders SET state = 'failed', answer = ? WHERE state IN ('asked', 'running')",
                (reason,),
            )
