"""A batch cut into the days its events belong to."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from operator import lt

from tocsin.core.clock import DAY, day_of
from tocsin.core.errors import InvalidError
from tocsin.core.event import Event
from tocsin.store.base import Batch


def by_day(batch: Batch, acked: int) -> list[tuple[str, Sequence[Event]]]:
    """Return what is not acknowledged yet, by day, oldest day first.

    Raises `InvalidError` for a batch out of order, or an event outside the calendar.
    """
    seqs = [event.seq for event in batch.events]
    _check(batch, seqs)
    fresh = batch.events[bisect_right(seqs, acked) :]
    days: dict[int, list[Event]] = {}
    for event in fresh:
        number = event.at // DAY
        try:
            days[number].append(event)
        except KeyError:
            days[number] = [event]
    try:
        return [(day_of(number * DAY), days[number]) for number in sorted(days)]
    except OverflowError as error:
        raise InvalidError(f"an event of {batch.source!r} has a time outside the calendar") from error


def _check(batch: Batch, seqs: Sequence[int]) -> None:
    if not seqs:
        return
    in_order = seqs[0] > 0 and seqs[-1] <= batch.last_seq and all(map(lt, seqs, seqs[1:]))
    if in_order and {event.source for event in batch.events} == {batch.source}:
        return
    previous = 0
    for event in batch.events:
        if event.source != batch.source or event.seq <= previous or event.seq > batch.last_seq:
            raise InvalidError(f"the batch of {batch.source!r} is out of order at sequence {event.seq}")
        previous = event.seq
