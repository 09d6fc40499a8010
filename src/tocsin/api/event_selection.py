"""Which events a request is about: `q`, `from`, `to` and the cursor, read once for every route of events."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

from tocsin.api.paging import Paging, paging
from tocsin.api.services import Services, services
from tocsin.core.errors import InvalidError
from tocsin.query.dates import parse_instant
from tocsin.query.lucene import parse_lucene
from tocsin.store.base import EventStore, Selection

_NOW = re.compile(r"[0-9a-f]{1,14}")

QueryParameter = Annotated[str, Query(max_length=16_384)]
FieldParameter = Annotated[str, Query(min_length=1, max_length=256)]
_From = Annotated[str, Query(alias="from", max_length=64)]
_To = Annotated[str, Query(alias="to", max_length=64)]


@dataclass(frozen=True, slots=True)
class Asked:
    """The log, and which of its events a request is about; `now` is that of the first page."""

    store: EventStore
    selection: Selection
    now: int
    cursor: str | None


def asked(
    services: Annotated[Services, Depends(services)],
    page: Annotated[Paging, Depends(paging)],
    q: QueryParameter = "",
    from_: _From = "",
    to: _To = "",
) -> Asked:
    """Read `q`, `from` and `to`; a dependency of routes. Without a time, all of it is meant.

    A cursor carries the `now` of its first page, so that relative times mean the same on every page.
    """
    now, cursor = _split(page.cursor, services.clock.now())
    selection = Selection(
        parse_lucene(q, now=now),
        parse_instant(from_, now=now) if from_ else None,
        parse_instant(to, now=now) if to else None,
    )
    return Asked(services.store, selection, now, cursor)


def log(services: Annotated[Services, Depends(services)]) -> EventStore:
    """Return the event log; a dependency of routes."""
    store: EventStore = services.store
    return store


AskedDep = Annotated[Asked, Depends(asked)]
LogDep = Annotated[EventStore, Depends(log)]


def _split(cursor: str | None, now: int) -> tuple[int, str | None]:
    if cursor is None:
        return now, None
    first, _, rest = cursor.partition(".")
    if not _NOW.fullmatch(first) or not rest:
        raise InvalidError("the cursor is not one of this log")
    return int(first, 16), rest
