"""The newest commits in memory."""

from __future__ import annotations

from tocsin.core.event import Event
from tocsin.store.recent import RecentCommits, memory_of


def events(count: int) -> list[Event]:
    return [Event("s", seq, 0, 0, "", {}) for seq in range(1, count + 1)]


ROOM = memory_of(Event("s", 1, 0, 0, "", {}))
"""For one of the events made here."""


def test_forgets_whole_commits_when_full() -> None:
    """Beyond the capacity the oldest commits go; who needs them is sent to the files."""
    recent = RecentCommits(5 * ROOM, 0)
    for number in (1, 2, 3):
        recent.add(number, events(2))
    assert recent.after(0, 10) is None
    assert [2, 2, 3, 3] == [logged.commit for logged in recent.after(1, 10) or []]


def test_starts_at_the_commit_the_files_end_with() -> None:
    """What was committed before the start must be read from the files."""
    recent = RecentCommits(5 * ROOM, 7)
    assert recent.after(6, 10) is None
    assert [] == recent.after(7, 10)


def test_gives_whole_commits_up_to_the_limit_but_at_least_one() -> None:
    """No commit is cut."""
    recent = RecentCommits(100 * ROOM, 0)
    recent.add(1, events(8))
    recent.add(2, events(1))
    recent.add(3, events(1))
    assert 8 == len(recent.after(0, 5) or [])
    assert 9 == len(recent.after(0, 9) or [])


def test_forgets_everything() -> None:
    """After forgetting, followers go to the files."""
    recent = RecentCommits(100 * ROOM, 0)
    recent.add(1, events(1))
    recent.forget(1)
    assert recent.after(0, 5) is None
    assert [] == recent.after(1, 5)


def test_room_is_bytes_not_events() -> None:
    """Large events leave room for fewer: memory is what is bounded."""
    large = Event("s", 3, 0, 0, "x" * 4 * ROOM, {"a": "y" * 100, "b": ["z" * 100]}, b"raw")
    assert memory_of(large) > 5 * ROOM + 200
    recent = RecentCommits(5 * ROOM, 0)
    recent.add(1, events(2))
    recent.add(2, [large])
    assert recent.after(0, 10) is None
    assert recent.after(1, 10) is None
    assert [] == recent.after(2, 10)
