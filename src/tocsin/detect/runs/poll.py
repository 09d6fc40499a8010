"""Mode `compat`: a rule run on ElastAlert's grid of polls, with its quirks, over what the log holds by then.

Every `run_every` the rule asks for a span of the log, hands what is new to its kind, and tells the matches
that no silence covers. Spans overlap by `buffer_time`, and what was seen is not counted again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from tocsin.core.clock import SECOND
from tocsin.core.schedule import covers
from tocsin.detect.kinds import Document, Hit, Kind, KindSettings, Match, PollSettings, kind_of
from tocsin.detect.kinds.figures import compute, ranked
from tocsin.detect.runs.fold import silence_key
from tocsin.detect.runs.log import Log
from tocsin.detect.runs.pending import Pending, PendingState
from tocsin.detect.runs.silences import Silence, Silences
from tocsin.detect.runs.top import tell_top

Deliver = Callable[[list[Match]], bool]
"""Told of the matches of one alert; False when that failed and shall be tried again."""

SILENCED_BY_HAND = "._silence"
"""Of a rule's name: the silence an operator puts on all of it."""


@dataclass(frozen=True, slots=True)
class Polled:
    """A rule as the poller runs it."""

    name: str
    kind: KindSettings
    poll: PollSettings


@dataclass(frozen=True, slots=True)
class Run:
    """One run: when, over which span, what it saw."""

    at: int
    start: int
    end: int
    hits: int
    matches: int


class Witness(Protocol):
    """Told of what a poller does, beside the alerts."""

    def ran(self, run: Run) -> None:
        """A run ended."""
        ...

    def silenced(self, name: str, silence: Silence) -> None:
        """A silence began."""
        ...


class Unwatched:
    """A witness that keeps nothing."""

    def ran(self, run: Run) -> None:
        """Let it pass."""

    def silenced(self, name: str, silence: Silence) -> None:
        """Let it pass."""


class PollState(msgspec.Struct):
    """What a poller remembers."""

    kind: bytes = b""
    started: bool = False
    minimum_start: int | None = None
    previous_end: int | None = None
    last_run: tuple[int, int] | None = None
    """When the last run that was written down ran, and where its span ended."""
    seen: dict[str, int] = {}
    silences: dict[str, Silence] = {}
    recalled: dict[str, Silence] = {}
    pending: PendingState = msgspec.field(default_factory=PendingState)


class Poller:
    """One rule in mode `compat`. Times are handed in, so that it runs the same live and over history."""

    def __init__(
        self,
        rule: Polled,
        log: Log,
        deliver: Deliver,
        witness: Witness | None = None,
        make: Callable[[KindSettings], Kind] = kind_of,
    ) -> None:
        self._make = make
        self._rule = rule
        self._log = log
        self._deliver = deliver
        self._kind = make(rule.kind)
        self._state = PollState()
        self._silences = Silences(rule.poll)
        self._pending = Pending(rule.poll)
        self._witness = witness or Unwatched()
        self._hits = 0

    def begin(self, now: int) -> None:
        """Learn what a rule of new terms takes as known; called once before the first tick."""
        known = self._log.between(now - self._rule.kind.terms_window - 1, now - 1)
        self.learn(hit.fields for hit in known)

    def learn(self, documents: Iterable[Document]) -> None:
        """Take the values of documents as known, where the rule is about new ones."""
        self._kind.learn(documents)

    def restart(self, now: int) -> None:
        """Lose what ElastAlert keeps only in memory, as its restart does."""
        last = self._state.last_run
        self._kind = self._make(self._rule.kind)
        self._state = PollState(last_run=last)
        self._silences.lose_memory()
        self._pending.lose_memory()
        self.begin(now)

    def silence(self, until: int, key: str | None = None) -> None:
        """Keep the rule, or one key of it, quiet until a time."""
        name = self._rule.name + SILENCED_BY_HAND if key is None else f"{self._realert_key}.{key}"
        self._witness.silenced(name, self._silences.silence(name, Silence(until)))

    @property
    def _realert_key(self) -> str:
        return self._rule.poll.realert_key or self._rule.name

    def tick(self, now: int) -> None:
        """Run the rule, then tell what has waited long enough."""
        poll = self._rule.poll
        self._run(now)
        horizon = poll.buffer_time + poll.query_delay
        self._state.seen = {name: at for name, at in self._state.seen.items() if now - at <= horizon}
        for due, matches in self._pending.take_due(now):
            self._tell(matches, due)

    def _run(self, now: int) -> None:
        poll = self._rule.poll
        end = now - poll.query_delay
        if poll.limit_execution and not covers(poll.limit_execution, now):
            self._pause(end)
            return
        start = self._start(end, now)
        self._state.started = True
        if now <= start:
            return
        self._hits = 0
        found, reached = self._segments(start, end)
        if reached is None:
            return
        for match in found:
            match.fields.update(num_hits=self._hits, num_matches=len(found))
            self._take(match, now)
        self._state.previous_end = reached
        self._state.last_run = (now, reached)
        self._witness.ran(Run(now, start, reached, self._hits, len(found)))

    def _pause(self, end: int) -> None:
        """Do not run; with `limit_execution_coverage` the pause is not looked at later either."""
        if self._rule.poll.limit_coverage:
            self._state.previous_end = self._state.minimum_start = end

    def _start(self, end: int, now: int) -> int:
        poll, state = self._rule.poll, self._state
        if not state.started and not poll.scan_timeframe and state.last_run:
            ran_at, ended = state.last_run
            if now - ran_at <= poll.old_query_limit:
                state.minimum_start = ended - self._overlap()
                return state.minimum_start
        if self._rule.kind.question in {"count", "terms"}:
            if poll.scan_timeframe:
                return end - self._rule.kind.timeframe
            return end - poll.piece if state.previous_end is None else state.previous_end
        start = end - (self._rule.kind.timeframe if poll.scan_timeframe else poll.buffer_time)
        if state.minimum_start is not None and state.minimum_start > start:
            return state.minimum_start
        if state.previous_end is not None and state.previous_end < start:
            start = state.previous_end - self._overlap()
        return start - self._into_interval(start)

    def _overlap(self) -> int:
        """Return by how much an aggregation goes back behind its last end, so that its windows slide."""
        poll = self._rule.poll
        if self._rule.kind.question != "aggregation" or not poll.overlap or poll.run_sized:
            return 0
        return max(0, poll.buffer_time - poll.run_every)

    def _into_interval(self, start: int) -> int:
        """Return how far into an interval a start stands, where intervals begin at multiples."""
        kind = self._rule.kind
        aggregates = kind.question == "aggregation" and kind.bucket_interval and kind.sync_bucket_interval
        return start % kind.bucket_interval if aggregates else 0

    def _segments(self, start: int, end: int) -> tuple[list[Match], int | None]:
        """Ask in segments; return the matches and where the last one ended, or None when it was too early."""
        size, found, at = self._segment(), [], start
        while end - at > size:
            found += self._ask(at, at + size)
            at += size
            found += self._kind.collect(at)
        if self._rule.kind.question != "aggregation":
            found += self._ask(at, end)
            return found + self._kind.collect(end), end
        if end - at == size:
            return found + self._ask(at, end), end
        return found, None if at == start else at

    def _segment(self) -> int:
        poll, question = self._rule.poll, self._rule.kind.question
        if question in {"count", "terms"} or (question == "aggregation" and poll.run_sized):
            return poll.piece
        return poll.buffer_time

    def _ask(self, start: int, end: int) -> list[Match]:
        hits = self._log.between(start, end)
        question = self._rule.kind.question
        if question == "count":
            self._hits += len(hits)
            return self._kind.count(end, len(hits))
        if question == "terms":
            groups = ranked(hits, self._rule.kind.query_key)[: self._rule.kind.terms_size]
            self._hits += len(groups)
            return self._kind.terms(end, [(key, len(inside)) for key, inside in groups])
        self._hits += len(hits)
        if question == "aggregation":
            return self._kind.figures(end, compute(self._rule.kind, hits, self._offset(start)))
        return self._kind.data(self._fresh(hits))

    def _offset(self, start: int) -> int:
        if self._rule.kind.sync_bucket_interval or not self._rule.kind.bucket_interval:
            return 0
        return start // SECOND * SECOND % self._rule.kind.bucket_interval

    def _fresh(self, hits: Sequence[Hit]) -> list[Hit]:
        fresh = [hit for hit in hits if hit.id not in self._state.seen]
        self._state.seen.update((hit.id, hit.at) for hit in fresh)
        return fresh

    def _take(self, match: Match, now: int) -> None:
        """Let a match through unless a silence covers it."""
        poll = self._rule.poll
        key = silence_key(self._rule.kind, match)
        name = self._realert_key if key is None else f"{self._realert_key}.{key}"
        if self._silences.covers(self._rule.name + SILENCED_BY_HAND, now) or self._silences.covers(name, now):
            return
        if poll.realert:
            self._witness.silenced(name, self._silences.begin(name, now))
        if poll.aggregates:
            self._pending.gather(match, now)
        else:
            self._tell([match], now)

    def _tell(self, matches: list[Match], due: int) -> None:
        tell_top(self._rule.kind, self._rule.poll, matches, self._log)
        if not self._deliver(matches):
            self._pending.retry(matches, due)

    def dump(self) -> bytes:
        """Return all that is remembered."""
        self._state.kind = self._kind.dump()
        self._state.silences = self._silences.known
        self._state.recalled = self._silences.recall
        self._state.pending = self._pending.state
        return msgspec.msgpack.encode(self._state)

    def restore(self, state: bytes) -> None:
        """Go on from `dump`."""
        self._state = msgspec.msgpack.decode(state, type=PollState)
        if self._state.kind:
            self._kind.restore(self._state.kind)
        self._silences.known = self._state.silences
        self._silences.recall = self._state.recalled
        self._pending.state = self._state.pending
