"""Finding events by identifier, and their neighbours."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.core.event import Event
from tocsin.core.ids import split_event_id
from tocsin.query.sql import Writer
from tocsin.query.tree import And, Node, Term
from tocsin.store.base import Selection
from tocsin.store.cursors import key_of
from tocsin.store.days import Days
from tocsin.store.narrowing import Narrowed
from tocsin.store.pages import read_events, read_whole

_CHUNK = 500
_MOST_NEIGHBOURS = 1_000

_Place = tuple[str, int]


def of_ids(days: Days, ids: Sequence[str]) -> list[Event]:
    """Return those of the events that exist, in the order asked for; newest days are looked at first."""
    wanted = {place: identifier for identifier in ids if (place := _place(identifier)) is not None}
    found: dict[str, Event] = {}
    for day in reversed(days.names()):
        missing = [place for place, identifier in wanted.items() if identifier not in found]
        if not missing:
            break
        for event in _on_day(days, day, missing):
            found[event.id] = event
    return [found[identifier] for identifier in ids if identifier in found]


def neighbours(days: Days, event_id: str, before: int, after: int) -> list[Event]:
    """Return the event between its neighbours from the same host, or of the same source if it has none.

    Raises `NotFoundError` when there is no such event.
    """
    events = of_ids(days, [event_id])
    if not events:
        raise NotFoundError(f"there is no event {event_id}")
    centre = events[0]
    selection = Selection(same_host(centre))
    earlier = read_events(days, selection, "newest", _bounded(before), key_of(centre))
    later = read_events(days, selection, "oldest", _bounded(after), key_of(centre))
    return [*reversed(earlier[:before]), centre, *later[:after]]


def same_host(event: Event) -> Node:
    """Return the condition for the events of an event's host, or of its source if it has none."""
    host = event.fields.get("host.name")
    if isinstance(host, list):
        return And(tuple(Term("host.name", name, cased=True) for name in host))
    if host is None:
        return Term("event.source", event.source, cased=True)
    return Term("host.name", host, cased=True)


def _bounded(count: int) -> int:
    return max(1, min(count, _MOST_NEIGHBOURS))


def _place(identifier: str) -> _Place | None:
    try:
        source, seq = split_event_id(identifier)
    except InvalidError:
        return None
    return (source, seq) if seq < 2**63 else None


def _on_day(days: Days, day: str, places: Sequence[_Place]) -> list[Event]:
    with days.lease(day) as file:
        if file is None:
            return []
        marks = file.summary.marks
        possible = [
            (source, seq)
            for source, seq in places
            if source in marks and marks[source][0] <= seq <= marks[source][1]
        ]
        events: list[Event] = []
        for start in range(0, len(possible), _CHUNK):
            writer = Writer()
            condition = _condition(writer, possible[start : start + _CHUNK])
            events += read_whole(days, Narrowed(file, None), writer, condition)
        return events


def _condition(writer: Writer, places: Sequence[_Place]) -> str:
    """Return the condition that an event is one of the places; bounds first, they skip most of a file."""
    by_source: dict[str, list[int]] = {}
    for source, seq in places:
        by_source.setdefault(source, []).append(seq)
    return " OR ".join(
        f"(seq BETWEEN {writer.bind(min(seqs))} AND {writer.bind(max(seqs))}"
        f" AND source = {writer.bind(source)} AND seq IN ({', '.join(map(writer.bind, seqs))}))"
        for source, seqs in by_source.items()
    )
