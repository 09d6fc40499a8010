"""Answers that need the events themselves: they are copied into an embedded log, which then answers exactly.

For aggregations and orders without an exact counterpart on the server. It costs time in proportion to the
events selected, so it is bounded: who asks for more is told so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from tocsin.core.clock import SystemClock
from tocsin.core.errors import InvalidError
from tocsin.core.event import Event
from tocsin.store.base import Batch, Selection
from tocsin.store.duckdb import DuckDBStore
from tocsin.store.opensearch.counting import MOST_LOOKED_AT
from tocsin.store.opensearch.reading import Reader

MOST_COPIED = MOST_LOOKED_AT


@contextmanager
def copied(reader: Reader, selection: Selection, most: int = MOST_COPIED) -> Iterator[DuckDBStore]:
    """Yield an embedded log of the events selected; raises `InvalidError` when these are too many."""
    by_source: dict[str, list[Event]] = {}
    for number, event in enumerate(chain.from_iterable(reader.scan(selection))):
        if number >= most:
            raise InvalidError(
                f"this has no exact answer on the search server and more than {most:,} events to be looked"
                " at one by one; narrow the time or the query"
            )
        by_source.setdefault(event.source, []).append(event)
    with TemporaryDirectory(prefix="tocsin-") as folder:
        store = DuckDBStore(Path(folder), SystemClock(), reserve_bytes=0)
        try:
            for source, events in by_source.items():
                events.sort(key=lambda event: event.seq)
                store.commit(Batch(source, events, events[-1].seq))
            yield store
        finally:
            store.close()
