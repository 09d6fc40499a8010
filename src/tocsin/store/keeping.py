"""What becomes of the days of the embedded log: they are sealed, and go when they are too old or too many."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import structlog

from tocsin.core.clock import DAY, MINUTE, day_of, from_iso
from tocsin.query.tree import Everything, Node, Not
from tocsin.store.base import Selection, StoreError
from tocsin.store.days import Days
from tocsin.store.holds import Holds, spared
from tocsin.store.journal import Guard
from tocsin.store.retention import Policy
from tocsin.store.sealing import Sealer
from tocsin.store.totals import count_events

_PAUSE = 10 * MINUTE
"""How long a day that failed is left alone: what failed may have taken minutes of work."""

log = structlog.get_logger(__name__)


class Keeping:
    """Applies a policy to the days; events under a hold stay, whatever the policy says.

    `forget` is called when events have gone, for who remembers the newest.
    """

    def __init__(
        self, days: Days, sealer: Sealer, holds: Holds, policy: Policy, forget: Callable[[], None]
    ) -> None:
        self._days = days
        self._sealer = sealer
        self._holds = holds
        self._policy = policy
        self._forget = forget
        self._cancelled = False
        self._again_at: dict[str, int] = {}

    def apply(self) -> None:
        """Seal what is due, delete what is too old, then make room.

        A day that fails is left for the next time.
        """
        self._sealer.adopt()
        for day in self._sealer.due():
            self._tried(day, self._seal)
        for day in self._days.names():
            self._tried(day, self._age)
        self._make_room()

    def cancel(self) -> None:
        """Break off, and do nothing more: the log is about to be closed."""
        self._cancelled = True
        self._sealer.cancel()

    def _tried(self, day: str, work: Callable[[str], object]) -> None:
        now = self._days.clock.now()
        if self._cancelled or self._again_at.get(day, now) > now:
            return
        try:
            work(day)
        except StoreError as error:
            self._again_at[day] = now + _PAUSE
            log.warning("day_keeping_failed", day=day, error=str(error))

    def _seal(self, day: str) -> None:
        seal = self._sealer.seal(day)
        if seal is not None:
            log.info("day_sealed", day=day, events=seal.events, size_bytes=seal.size_bytes)

    def _age(self, day: str) -> None:
        doomed = self._policy.doomed(day, self._days.clock.now())
        if doomed is None:
            return
        guard, holds = self._holds.guarded(day)
        stage = doomed.stage([hold.id for hold in holds], self._days.summary(day).last_commit)
        if self._days.journal.stage(day) == stage:
            return
        going = spared(doomed.node, holds)
        if self._remove(day, going, guard, f"older than {doomed.days} days"):
            self._days.journal.reached(day, stage)

    def _remove(self, day: str, going: Node, guard: Guard, reason: str) -> bool:
        """Delete events of a day; returns whether that left something of it."""
        count = count_on(self._days, day, going)
        if not count:
            return True
        if count == self._days.summary(day).events:
            self._days.drop(day, reason=reason, guard=guard, expected=count)
            log.info("day_dropped", day=day, events=count, reason=reason)
            self._forget()
            return False
        kept = self._sealer.seal(day, Not(going), reason=reason, guard=guard)
        if kept is None:
            raise StoreError(f"the day {day} was written to meanwhile")
        log.info("day_trimmed", day=day, events=count, left=kept.events, reason=reason)
        self._forget()
        return True

    def _make_room(self) -> None:
        """Delete the oldest days until the log takes no more than it may; today stays, and what is held."""
        limit = self._policy.max_bytes
        if not limit:
            return
        today = day_of(self._days.clock.now())
        for day in self._days.names():
            taken = self._taken()
            if taken <= limit or self._cancelled:
                return
            if day < today:
                self._tried(day, partial(self._shrink, reason=f"the log takes {taken} bytes of {limit}"))
        if self._taken() > limit:
            log.warning("log_larger_than_allowed", max_bytes=limit)

    def _taken(self) -> int:
        return sum(one.size_bytes for one in self._days.described())

    def _shrink(self, day: str, *, reason: str) -> None:
        guard, holds = self._holds.guarded(day)
        self._remove(day, spared(Everything(), holds), guard, reason)


def count_on(days: Days, day: str, node: Node) -> int:
    """Return how many events of a day a query selects."""
    start = from_iso(f"{day}T00:00:00Z")
    return count_events(days, Selection(node, start, start + DAY))
