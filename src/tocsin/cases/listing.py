"""Pages of rows by keyset: a cursor says after which row to go on, so that pages never shift."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from tocsin.core.errors import InvalidError

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """A page of rows; `cursor` fetches the next one and is None at the end."""

    items: Sequence[Row]
    cursor: str | None
    total: int


@dataclass(frozen=True, slots=True)
class Ordering:
    """A column to sort by, its name in cursors, and the column that breaks ties."""

    name: str
    column: InstrumentedAttribute[Any]
    tie: InstrumentedAttribute[Any]
    descending: bool


def page_of(
    tx: Session, query: Select[Row], ordering: Ordering, *, limit: int, cursor: str | None
) -> Page[Row]:
    """Return one page of the query's rows; raises `InvalidError` for a cursor of another list."""
    total = tx.scalar(select(func.count()).select_from(query.subquery())) or 0
    column, tie = ordering.column, ordering.tie
    if cursor is not None:
        value, last = _decode(ordering, cursor)
        beyond = column < value if ordering.descending else column > value
        beyond_tie = tie < last if ordering.descending else tie > last
        query = query.where(or_(beyond, and_(column == value, beyond_tie)))
    sorted_by = (column.desc(), tie.desc()) if ordering.descending else (column, tie)
    rows = tx.scalars(query.order_by(*sorted_by).limit(limit + 1)).all()
    following = _encode(ordering, rows[limit - 1]) if len(rows) > limit else None
    return Page(rows[:limit], following, total)


def _encode(ordering: Ordering, row: object) -> str:
    key = [ordering.name, getattr(row, ordering.column.key), getattr(row, ordering.tie.key)]
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def _decode(ordering: Ordering, cursor: str) -> tuple[int, str]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        name, value, last = json.loads(text)
    except (ValueError, binascii.Error, TypeError, RecursionError) as error:
        raise InvalidError(f"{cursor[:80]!r} is no cursor") from error
    if name != ordering.name or not _fits(value) or not isinstance(last, str):
        raise InvalidError(f"{cursor[:80]!r} is a cursor of another list")
    return value, last


def _fits(value: object) -> bool:
    return isinstance(value, int) and abs(value) < 1 << 63
