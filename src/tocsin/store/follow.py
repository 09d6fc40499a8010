"""Following the commit log in the days' files, for readers that are further behind than memory goes."""

# ruff: noqa: S608  # names of days and columns are ours; every value from outside is a parameter
from __future__ import annotations

from collections.abc import Sequence

from tocsin.query.sql import Writer
from tocsin.store.base import Logged
from tocsin.store.days import Days
from tocsin.store.pages import fetch
from tocsin.store.rows import event_columns, to_event


def follow_files(days: Days, after: int, limit: int) -> Sequence[Logged]:
    """Return whole commits above `after` in order: up to `limit` events, but at least one commit."""
    behind = [day for day in days.names() if days.summary(day).last_commit > after]
    last = _last_within(sorted(row for day in behind for row in _commits(days, day, after, limit)), limit)
    logged = [found for day in behind for found in _events(days, day, after, last)]
    return sorted(logged, key=lambda found: (found.commit, found.event.seq))


def _last_within(commits: list[tuple[int, int]], limit: int) -> int:
    last = total = 0
    for number, events in commits:
        total += events
        if last and total > limit:
            break
        last = number
    return last


def _commits(days: Days, day: str, after: int, limit: int) -> list[tuple[int, int]]:
    with days.lease(day) as file:
        if file is None:
            return []
        sql = (
            f"SELECT number, events FROM {file.commits} WHERE number > $1 AND events > 0"
            f" ORDER BY number LIMIT {max(1, limit)}"
        )
        return fetch(days, sql, [after])


def _events(days: Days, day: str, after: int, last: int) -> list[Logged]:
    with days.lease(day) as file:
        if file is None:
            return []
        own, writer = file.own, Writer()
        within = f"commit_no > {writer.bind(after)} AND commit_no <= {writer.bind(last)}"
        sql = f"SELECT commit_no, {event_columns(own)} FROM {file.events(writer)} WHERE {within}"
        return [Logged(number, to_event(row, own)) for number, *row in fetch(days, sql, writer.params)]
