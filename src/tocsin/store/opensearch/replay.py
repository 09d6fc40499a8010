"""Taking over the history of another log, under its own commit numbers, so that whoever follows goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from tocsin.core.clock import day_of
from tocsin.store.base import Logged
from tocsin.store.opensearch.commits import CommitLog, Part
from tocsin.store.opensearch.writing import EventWriter


class Source(Protocol):
    """The log whose history is taken over."""

    def follow(self, after: int, limit: int = 5_000) -> Sequence[Logged]:
        """Return whole commits numbered above `after`."""
        ...

    def marks(self) -> Mapping[str, int]:
        """Return the mark of every source known."""
        ...

    def last_commit(self) -> int:
        """Return the number of the newest commit."""
        ...


@dataclass(frozen=True, slots=True)
class Replayed:
    """How far a replay is: events taken over by it, and the commit reached."""

    events: int
    commit: int


def replay(source: Source, commits: CommitLog, writer: EventWriter, limit: int = 5_000) -> Iterator[Replayed]:
    """Write every commit of the source that is not here yet, and say how far it is after each step.

    Stopped at any moment and started again it goes on where it was: the events of an unfinished step are
    there already, and its records are made then. At the end, the marks are those of the source.
    """
    events = 0
    commits.load()
    while logged := source.follow(commits.last, limit):
        parts: list[Part] = []
        for (number, source_name, day), group in groupby(logged, key=_place):
            members = [one.event for one in group]
            writer.collect(number, day, members)
            parts.append(Part(number, source_name, day, members[0].seq, members[-1].seq, len(members)))
        writer.flush()
        commits.take_over(parts)
        events += len(logged)
        yield Replayed(events, commits.last)
    commits.adopt(source.marks(), source.last_commit())


def _place(logged: Logged) -> tuple[int, str, str]:
    return logged.commit, logged.event.source, day_of(logged.event.at)
