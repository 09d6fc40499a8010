"""Lists over HTTP: `limit`, an opaque `cursor`, and `{"items", "next", "total"}` back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Query

MAX_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Paging:
    """How much of a list is asked for, and from where."""

    limit: int
    cursor: str | None


def paging(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
    cursor: Annotated[str | None, Query(max_length=2048)] = None,
) -> Paging:
    """Read the two parameters; a dependency of routes that list."""
    return Paging(limit, cursor)


def listing(
    items: Iterable[Any], *, following: str | None = None, total: int | None = None
) -> dict[str, Any]:
    """Return the document of a list: its items, the cursor of what follows, and how many there are in all."""
    return {"items": list(items), "next": following, "total": total}
