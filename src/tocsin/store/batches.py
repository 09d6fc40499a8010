"""A batch cut into the days its events belong to."""

from __future__ import annotations

from itertools import groupby

from tocsin.core.clock import day_of
from tocsin.core.errors import InvalidError
from tocsin.core.event import Event
from tocsin.store.base import Batch


def by_day(batch: Batch, acked: int) -> list[tuple[str, list[Event]]]:
    """Return what is not acknowledged yet, by day, oldest day first.

    Raises `InvalidError` for a batch out of order, or an event outside the calendar.
    """
    previous = 0
    for event in batch.events:
        if event.source != batch.source or event.seq <= previous or event.seq > batch.last_seq:
            raise InvalidError(f"the batch of {batch.source!r} is out of order at sequence {event.seq}")
        previous = event.seq
    fresh = [event for event in batch.events if event.seq > acked]
    try:
        dated = sorted(((day_of(event.at), event) for event in fresh), key=lambda one: (one[0], one[1].seq))
    except OverflowError as error:
        raise InvalidError(f"an event of {batch.source!r} has a time outside the calendar") from error
    return [(day, [event for _, event in group]) for day, group in groupby(dated, key=lambda one: one[0])]
