"""Run a rule event by event and take back what a late event changes.

The events of the last hour are held. One that comes late takes its place among them, the fold is run again
from the last snapshot before it, and what differs is told and taken back. So the alerts are those of the
events in order, however they came. Events later than `LATENESS` cannot be placed any more: they are counted
among themselves.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from tocsin.detect.kinds import Hit, KindSettings, Match, PollSettings
from tocsin.detect.runs.fold import LATENESS, Fold, Position, Telling
from tocsin.detect.runs.top import tell_top

MAX_HELD = 20_000
"""Events held per rule; with more of them in an hour, less lateness is allowed, and that is shown."""

_LONGEST_HELD = LATENESS * 3 // 2
"""Settling each event when its lateness is over would be the same work over and over."""

_SNAPSHOT_SHARE = 4
_SNAPSHOT_SPAN = _LONGEST_HELD - LATENESS
"""As parts of the events held at most, and of time, between snapshots in memory, from which the fold is run
again: few, since each is a whole state, and enough that time seldom settles without one to settle at."""


@dataclass(slots=True)
class Changes:
    """What a step told, and which earlier tellings it took back."""

    told: list[Telling] = field(default_factory=list)
    withdrawn: list[Telling] = field(default_factory=list)


class Told(msgspec.Struct):
    """A telling that may still be taken back: its mark, and what it told without the documents."""

    mark: str
    telling: Telling


class ExactState(msgspec.Struct):
    """What is kept of a run beside its held events."""

    base: bytes
    base_at: int
    told: list[Told] = []
    too_late: int = 0
    old: bytes = b""
    """The fold over events that came after their time was settled."""


class ExactRun:
    """One rule in mode `exact`."""

    def __init__(self, kind: KindSettings, poll: PollSettings, began: int, most: int = MAX_HELD) -> None:
        self._kind, self._poll, self._most = kind, poll, most
        self._fold = Fold(kind, poll, began)
        self._state = ExactState(self._fold.dump(), began - LATENESS - 1)
        self._log: list[Hit] = []
        self._ids: set[str] = set()
        self._new: list[Hit] = []
        self._old: list[Hit] = []
        self._snapshots: list[tuple[Position, bytes]] = []
        self._since_snapshot = 0
        self._snapshot_at = began
        """Of the last one."""
        self.dirty = True
        self._fresh: list[tuple[Hit, int]] = []
        self._gone: int | None = None

    @property
    def too_late(self) -> int:
        """Events that came after their time could be told."""
        return self._state.too_late

    @property
    def held(self) -> int:
        """Events held."""
        return len(self._log)

    @property
    def span(self) -> int:
        """For how long an event is held, at most."""
        return _LONGEST_HELD

    @property
    def base_at(self) -> int:
        """Events up to this time are settled."""
        return self._state.base_at

    @property
    def needs_time(self) -> bool:
        """Something happens when time passes and no event comes."""
        return self._fold.looks

    def learn(self, documents: Iterable[dict[str, object]]) -> None:
        """Take documents of the past as known, for a rule that begins."""
        self._fold.kind.learn(documents)
        self._state.base = self._fold.dump()
        self.dirty = True

    def add(self, hit: Hit, seen_at: int) -> None:
        """Hand in an event that satisfies the rule's filter; one that was handed in before is left out."""
        if hit.id in self._ids:
            return
        if hit.at <= self._state.base_at:
            self._state.too_late += 1
            self.dirty = True
            self._old.append(hit)
            return
        self._ids.add(hit.id)
        self._new.append(hit)
        self._fresh.append((hit, seen_at))

    def take_fresh(self) -> list[tuple[Hit, int]]:
        """Return the events held since this was last asked, with when they were seen."""
        fresh, self._fresh = self._fresh, []
        return [each for each in fresh if each[0].at > self._state.base_at]

    def take_gone(self) -> int | None:
        """Return up to which time held events were let go since this was last asked."""
        gone, self._gone = self._gone, None
        return gone

    def let_pass(self, now: int, watermark: int) -> bool:  # noqa: ARG002 - asked of every run
        """Let event time come to `watermark` where no event waits and nothing is to be looked at."""
        if self._new or self._old or self._must_settle(watermark):
            return False
        return self._fold.let_pass(watermark)

    def advance(self, now: int, watermark: int) -> Changes:  # noqa: ARG002 - asked of every run
        """Take in what was handed in, and let event time come to `watermark`."""
        new, self._new = sorted(self._new, key=_position), []
        late = bool(new) and (_position(new[0]) <= self._fold.state.position or new[0].at <= self._looked())
        if self._log and new and _position(new[0]) < _position(self._log[-1]):
            for hit in new:
                insort(self._log, hit, key=_position)
        else:
            self._log += new
        changes = self._replay(_position(new[0]), watermark) if late else Changes(self._run(new, watermark))
        self._remember(changes)
        changes.told += self._take_old()
        for telling in changes.told:
            tell_top(self._kind, self._poll, telling.matches, self)
        if self._must_settle(watermark):
            self._settle(watermark)
        return changes

    def _take_old(self) -> list[Telling]:
        """Count events of a settled time among themselves, such as a log that is imported long after.

        What depends on silence is left out: these may not be all the events there were. So is what a
        rule learns, of which it knows more by now.
        """
        old, self._old = sorted(self._old, key=_position), []
        if not old or self._kind.learns:
            return []
        fold = Fold(self._kind, self._poll, old[0].at, blind=True)
        if self._state.old:
            fold.restore(self._state.old)
        told: list[Telling] = []
        for hit in old:
            if hit.at < fold.state.position[0] - LATENESS:
                fold = Fold(self._kind, self._poll, hit.at, blind=True)
            told += fold.take(hit)
        told += fold.flush()
        fold.tidy(old[-1].at - LATENESS)
        self._state.old = fold.dump()
        return told

    def between(self, start: int, end: int) -> list[Hit]:
        """Return the events held with `start < at <= end`."""
        first = bisect_right(self._log, (start, _LAST), key=_position)
        return self._log[first : bisect_right(self._log, (end, _LAST), key=_position)]

    def _looked(self) -> int:
        return self._fold.state.looked if self._fold.looks else 0

    def _run(self, hits: Sequence[Hit], watermark: int) -> list[Telling]:
        told: list[Telling] = []
        for following, hit in enumerate(hits, 1):
            told += self._fold.take(hit)
            self._since_snapshot += 1
            due = (
                self._since_snapshot * _SNAPSHOT_SHARE >= self._most
                or hit.at - self._snapshot_at >= _SNAPSHOT_SPAN
            )
            # Time can settle at a snapshot only when no event of its moment comes after it.
            if due and (following == len(hits) or hits[following].at > hit.at):
                self._snapshots.append((self._fold.state.position, self._fold.dump()))
                self._since_snapshot, self._snapshot_at = 0, hit.at
        return told + self._fold.look_until(watermark)

    def _replay(self, late: Position, watermark: int) -> Changes:
        """Run again from before a late event, and say what differs."""
        watermark = max(watermark, self._looked())
        start = self._rewind(late)
        told = self._run(self._log[bisect_right(self._log, start, key=_position) :], watermark)
        marks = {_mark(telling) for telling in told}
        before = [each for each in self._state.told if tuple(each.telling.position) > start]
        known = {each.mark for each in before}
        gone = {each.mark for each in before if each.mark not in marks}
        self._state.told = [each for each in self._state.told if each.mark not in gone]
        return Changes(
            [telling for telling in told if _mark(telling) not in known],
            [each.telling for each in before if each.mark in gone],
        )

    def _rewind(self, late: Position) -> Position:
        while self._snapshots and self._snapshots[-1][0] >= late:
            self._snapshots.pop()
        state = self._snapshots[-1][1] if self._snapshots else self._state.base
        self._fold.restore(state)
        position = self._fold.state.position
        self._since_snapshot, self._snapshot_at = 0, position[0]
        return (position[0], position[1])

    def _remember(self, changes: Changes) -> None:
        for telling in changes.told:
            kept = [Match(match.at, {}, match.events) for match in telling.matches]
            self._state.told.append(Told(_mark(telling), Telling(telling.position, kept, telling.key)))
        if changes.told or changes.withdrawn:
            self.dirty = True

    def _must_settle(self, watermark: int) -> bool:
        return len(self._log) > self._most or watermark - self._state.base_at > _LONGEST_HELD

    def _settle(self, watermark: int) -> None:
        """Let the oldest events be part of the base for good."""
        until = watermark - LATENESS
        if len(self._log) > self._most:
            until = max(until, self._log[len(self._log) - self._most // 2].at)
        snapshot = self._snapshot_until(until)
        if snapshot is not None and watermark - snapshot[0][0] <= _LONGEST_HELD:
            settled, base = snapshot
            until = settled[0]
            self._fold.tidy(until)
        else:
            settled, base = self._folded(until, snapshot)
        cut = bisect_right(self._log, settled, key=_position)
        for hit in self._log[:cut]:
            self._ids.discard(hit.id)
        del self._log[:cut]
        self._snapshots = [each for each in self._snapshots if each[0] > settled]
        self._state.told = [each for each in self._state.told if tuple(each.telling.position) > settled]
        self._state.base, self._state.base_at, self.dirty = base, until, True
        self._gone = until

    def _snapshot_until(self, until: int) -> tuple[Position, bytes] | None:
        """Return the newest snapshot up to a time with all events of its moment in it."""
        if self._poll.aggregates:  # what is gathered depends on how far time had come by then
            return None
        for position, state in reversed(self._snapshots):
            if position[0] <= until:
                place = bisect_right(self._log, position, key=_position)
                if place == len(self._log) or self._log[place].at > position[0]:
                    return position, state
        return None

    def _folded(self, until: int, snapshot: tuple[Position, bytes] | None) -> tuple[Position, bytes]:
        """Fold the events up to a time, from a snapshot or the base; return its end and the state."""
        fold = Fold(self._kind, self._poll, until)
        fold.restore(self._state.base if snapshot is None else snapshot[1])
        first = 0 if snapshot is None else bisect_right(self._log, snapshot[0], key=_position)
        for hit in self._log[first : bisect_right(self._log, (until, _LAST), key=_position)]:
            fold.take(hit)
        fold.look_until(until + 1)
        fold.tidy(until)
        position = fold.state.position
        return max((position[0], position[1]), (until, _LAST)), fold.dump()

    def dump(self) -> bytes:
        """Return what is kept beside the held events."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, state: bytes, held: Iterable[tuple[Hit, int]], watermark: int) -> None:
        """Go on from `dump`, the events held then, and the time that had been reached."""
        self._state = msgspec.msgpack.decode(state, type=ExactState)
        self._log = sorted((hit for hit, _ in held), key=_position)
        self._ids = {hit.id for hit in self._log}
        self._fold.restore(self._state.base)
        self._run(self._log, watermark)
        self.dirty = False


_LAST = "\x7f\x7f"
"""After every identifier and every look of a moment."""


def _position(hit: Hit) -> Position:
    return hit.at, hit.id


def _mark(telling: Telling) -> str:
    """Return what makes two tellings the same: what they tell, in full."""
    told = msgspec.msgpack.encode([[match.at, match.events, match.fields] for match in telling.matches])
    return hashlib.blake2b(told, digest_size=12).hexdigest()
