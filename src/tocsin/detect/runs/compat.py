"""Run a rule in mode `compat`: the poller ticks on its grid, over the events seen by then."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tocsin.detect.kinds import Hit, KindSettings, Match, PollSettings
from tocsin.detect.runs.exact import Changes
from tocsin.detect.runs.fold import LOOK, Telling, group_key
from tocsin.detect.runs.log import HeldLog
from tocsin.detect.runs.poll import Polled, Poller

MAX_HELD = 20_000
"""Events held per rule, the newest; what is let go early is counted."""

MAX_TICKS = 20_000
"""Ticks made up for at once after a standstill; older ones are skipped."""


class CompatState(msgspec.Struct):
    """What is kept of a run beside its held events."""

    poller: bytes
    ticked: int
    dropped: int = 0


class CompatRun:
    """One rule in mode `compat`. Its clock is when events were seen, not when they happened."""

    def __init__(self, name: str, kind: KindSettings, poll: PollSettings, began: int) -> None:
        self._kind, self._poll = kind, poll
        self._log = HeldLog(MAX_HELD)
        self._told: list[Telling] = []
        self._poller = Poller(Polled(name, kind, poll), self._log, self._deliver)
        self._ticked = began // poll.run_every * poll.run_every
        self._horizon = max(poll.buffer_time, kind.timeframe) + poll.query_delay + 2 * poll.run_every
        self._fresh: list[tuple[Hit, int]] = []
        self._gone: int | None = None
        self.dirty = True
        self.needs_time = True

    @property
    def too_late(self) -> int:
        """Events let go before they were asked for."""
        return self._log.dropped

    @property
    def held(self) -> int:
        """Events held."""
        return len(self._log)

    @property
    def span(self) -> int:
        """For how long an event is held."""
        return self._horizon

    def learn(self, documents: Iterable[dict[str, object]]) -> None:
        """Take the values of documents as known, for a rule of new terms that begins."""
        self._poller.learn(documents)
        self.dirty = True

    def add(self, hit: Hit, seen_at: int) -> None:
        """Hand in an event that satisfies the rule's filter."""
        oldest = self._log.add(hit, seen_at)
        if oldest is not None:
            self._gone = max(self._gone or 0, oldest - 1)
        self._fresh.append((hit, seen_at))

    def let_pass(self, now: int, watermark: int) -> bool:  # noqa: ARG002 - asked of every run
        """Say that no tick is due."""
        return now < self._ticked + self._poll.run_every

    def advance(self, now: int, watermark: int) -> Changes:  # noqa: ARG002 - asked of every run
        """Make the ticks that are due at `now`."""
        step = self._poll.run_every
        first = max(self._ticked + step, now // step * step - MAX_TICKS * step)
        for moment in range(first, now + 1, step):
            self._log.now = moment
            self._poller.tick(moment)
            self._ticked = moment
            self._forget(moment)
            self.dirty = True
        told, self._told = self._told, []
        return Changes(told)

    def _forget(self, moment: int) -> None:
        until = moment - self._horizon
        if self._log.forget(until):
            self._gone = max(self._gone or 0, until)

    def _deliver(self, matches: list[Match]) -> bool:
        key = group_key(self._kind, self._poll, matches[0])
        self._told.append(Telling((self._log.now, LOOK), matches, key))
        return True

    def take_fresh(self) -> list[tuple[Hit, int]]:
        """Return the events held since this was last asked, with when they were seen."""
        fresh, self._fresh = self._fresh, []
        return fresh

    def take_gone(self) -> int | None:
        """Return up to which time held events were let go since this was last asked."""
        gone, self._gone = self._gone, None
        return gone

    def dump(self) -> bytes:
        """Return what is kept beside the held events."""
        return msgspec.msgpack.encode(CompatState(self._poller.dump(), self._ticked, self._log.dropped))

    def restore(self, state: bytes, held: Iterable[tuple[Hit, int]], watermark: int) -> None:  # noqa: ARG002
        """Go on from `dump` and the events held then; unlike ElastAlert, nothing is lost."""
        found = msgspec.msgpack.decode(state, type=CompatState)
        for hit, seen_at in held:
            self._log.add(hit, seen_at)
        self._log.dropped = found.dropped
        self._poller.restore(found.poller)
        self._ticked, self.dirty = found.ticked, False
