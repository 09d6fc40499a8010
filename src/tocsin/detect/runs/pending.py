"""Matches that wait: for the end of their gathering, or for an alerter that failed to work again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from tocsin.core.schedule import next_time
from tocsin.detect.kinds.base import Match
from tocsin.detect.kinds.document import lookup
from tocsin.detect.kinds.settings import PollSettings, minute_of


class Waiting(msgspec.Struct):
    """A match that waits for `due`; those that name a `leader` are told together with it."""

    number: int
    due: int
    match: Match
    leader: int = 0
    key: str | None = None


class _Gathering(msgspec.Struct):
    """Matches gathered under one key: the first of them, and when they are told."""

    due: int
    leader: int = 0


class PendingState(msgspec.Struct):
    """What waits, and which gatherings are open."""

    waiting: dict[int, Waiting] = {}
    gatherings: dict[str | None, _Gathering] = {}
    last: int = 0


class Pending:
    """The queue of one rule."""

    def __init__(self, settings: PollSettings) -> None:
        self._settings = settings
        self.state = PendingState()

    def lose_memory(self) -> None:
        """Keep what waits and forget which gatherings are open, as ElastAlert does after a restart."""
        self.state.gatherings.clear()

    def gather(self, match: Match, now: int) -> None:
        """Add a match to the gathering of its key, which it may open."""
        key = self._key(match)
        gathering = self.state.gatherings.get(key)
        moment = self._settings.moment(match.at) if self._settings.compare_match_time else now
        if gathering is None or not gathering.leader or gathering.due < moment:
            gathering = self._open(key, match, now)
        number = self._wait(match, gathering.due, gathering.leader, key)
        gathering.leader = gathering.leader or number

    def retry(self, matches: list[Match], due: int) -> None:
        """Keep the matches of an alert that could not be delivered; their times stay as they were told."""
        leader = 0
        for match in matches:
            if self._settings.loses_seconds:
                match.at = minute_of(match.at)
            number = self._wait(match, due, leader, None)
            leader = leader or number

    def take_due(self, now: int) -> Iterator[tuple[int, list[Match]]]:
        """Yield what is due, each time with the matches gathered under it.

        What is due this very moment is told at the next look. What waited longer than the rule's limit
        is left where it is.
        """
        oldest = now - self._settings.alert_time_limit
        yield from self._take([each for each in self._leaders() if oldest <= each.due < now])

    def take_all(self) -> Iterator[tuple[int, list[Match]]]:
        """Yield everything, due or not."""
        yield from self._take(self._leaders())

    def _leaders(self) -> list[Waiting]:
        return [each for each in self.state.waiting.values() if not each.leader]

    def _take(self, found: list[Waiting]) -> Iterator[tuple[int, list[Match]]]:
        for first in sorted(found, key=lambda each: (each.due, each.number)):
            self._close(first.number)
            followers = [each for each in self.state.waiting.values() if each.leader == first.number]
            if self._settings.in_root:
                followers.sort(key=lambda each: each.match.at)
            for each in (first, *followers):
                del self.state.waiting[each.number]
            yield first.due, [each.match for each in (first, *followers)]

    def _open(self, key: str | None, match: Match, now: int) -> _Gathering:
        """Go on with the gathering that was written down, which ends all others in memory, or open one."""
        held = self._written(key, now)
        if held is not None:
            self.state.gatherings = {}
        gathering = held or _Gathering(self._due(match, now))
        self.state.gatherings[key] = gathering
        return gathering

    def _close(self, leader: int) -> None:
        for gathering in self.state.gatherings.values():
            if gathering.leader == leader:
                gathering.leader = 0

    def _wait(self, match: Match, due: int, leader: int, key: str | None) -> int:
        self.state.last += 1
        kept = msgspec.msgpack.decode(msgspec.msgpack.encode(match), type=Match)
        kept.waited = True
        self.state.waiting[self.state.last] = Waiting(self.state.last, due, kept, leader, key)
        return self.state.last

    def _key(self, match: Match) -> str | None:
        names = self._settings.aggregation_fields
        value: Any = lookup(match.fields, ",".join(names)) if names else None
        return None if value is None else str(value)

    def _written(self, key: str | None, now: int) -> _Gathering | None:
        """Return the open gathering that was written down, of any key where there is none or an empty one."""
        found = [
            each
            for each in self.state.waiting.values()
            if not each.leader and each.due > now and (not key or each.key == key)
        ]
        if not found:
            return None
        latest = max(found, key=lambda each: each.due)
        return _Gathering(latest.due, latest.number)

    def _due(self, match: Match, now: int) -> int:
        if self._settings.aggregation_schedule:
            return next_time(self._settings.aggregation_schedule, now)
        start = self._settings.moment(match.at) if self._settings.aggregate_by_match_time else now
        return start + self._settings.aggregation
