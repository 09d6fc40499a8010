"""The live tail: what was committed since a commit and is selected by a query."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from tocsin.api.access import require
from tocsin.api.event_selection import LogDep, QueryParameter
from tocsin.api.event_view import event_view
from tocsin.api.services import Services, services
from tocsin.query.lucene import parse_lucene
from tocsin.query.predicate import Predicate, compile_predicate
from tocsin.store.base import EventStore, Logged

router = APIRouter(tags=["events"], dependencies=[Depends(require("events:read"))])

_MOST_BEHIND = 500
"""Commits a tail may be behind before it goes on nearer to the end: it shows the present, not history."""

_MOST_LOOKED_AT = 20_000
_READ = 5_000
_LONGEST_S = 1.0


@router.get("/events/tail")
def tail(
    store: LogDep,
    services: Annotated[Services, Depends(services)],
    q: QueryParameter = "",
    after: Annotated[int | None, Query(ge=0)] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 200,
) -> dict[str, Any]:
    """Return the newest of the events selected in the commits above `after`, oldest first.

    Ask first without `after` to learn where the log ends, then again and again with the `commit` answered.
    `more` says that the end was not reached and to ask again at once. `dropped` counts events selected that
    did not fit `limit`, `skipped` the commits passed over because the tail was too far behind.
    """
    selected = compile_predicate(parse_lucene(q, now=services.clock.now()))
    last = store.last_commit()
    if after is None or after >= last:
        return _answer([], last, limit=limit)
    start = max(after, last - _MOST_BEHIND)
    found, reached = _follow(store, selected, start)
    return _answer(found, reached, limit=limit, more=reached < last, skipped=start - after)


def _follow(store: EventStore, selected: Predicate, after: int) -> tuple[list[Logged], int]:
    """Read commits until the end, or until so many events or so much time is spent."""
    found: list[Logged] = []
    looked_at = 0
    ends = time.monotonic() + _LONGEST_S
    while looked_at < _MOST_LOOKED_AT and time.monotonic() < ends:
        logged = store.follow(after, _READ)
        if not logged:
            break
        after = logged[-1].commit
        looked_at += len(logged)
        found += [one for one in logged if selected(one.event)]
    return found, after


def _answer(
    found: Sequence[Logged], commit: int, *, limit: int, more: bool = False, skipped: int = 0
) -> dict[str, Any]:
    shown = found[-limit:]
    return {
        "items": [event_view(one.event, commit=one.commit, nested=False) for one in shown],
        "commit": commit,
        "more": more,
        "dropped": len(found) - len(shown),
        "skipped": skipped,
    }
