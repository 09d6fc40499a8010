"""What a saved search holds, and the bounds of it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from tocsin.core.errors import InvalidError
from tocsin.query.dates import parse_instant
from tocsin.query.intervals import parse_width
from tocsin.query.lucene import parse_lucene

MAX_NAME = 120
MAX_DESCRIPTION = 4_000
MAX_TAGS = 20
MAX_TAG = 64
MAX_QUERY = 16_384
MAX_COLUMNS = 100
MAX_FIELD = 256


class SearchDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Everything that makes a search what one sees: question, time, order and the look of the table.

    `from` and `to` are as typed, such as `now-24h`. `sort` is a field, with `-` before it from the greatest
    down; empty is by time, as `order` says. `widths` are pixels of columns; `interval` is the step of the
    chart, empty the one that fits; `by` is the field the chart is broken down by.
    """

    q: str = ""
    from_: str = "now-24h"
    to: str = "now"
    order: Literal["newest", "oldest"] = "newest"
    sort: str = ""
    columns: tuple[str, ...] = ()
    widths: dict[str, int] = {}
    interval: str = ""
    by: str = ""


class SearchDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A search to be saved."""

    name: str
    description: str = ""
    tags: tuple[str, ...] = ()
    shared: bool = False
    document: SearchDocument


def checked_document(document: SearchDocument, *, now: int) -> dict[str, Any]:
    """Return the document as plain JSON values.

    Raises `InvalidError` for one out of bounds, `QueryError` for a query that cannot be read.
    """
    if len(document.q) > MAX_QUERY:
        raise InvalidError(f"a query has at most {MAX_QUERY} characters")
    parse_lucene(document.q, now=now)
    for end in (document.from_, document.to):
        if end:
            parse_instant(end, now=now)
    if document.interval:
        parse_width(document.interval)
    if len(document.columns) > MAX_COLUMNS or len(document.widths) > MAX_COLUMNS:
        raise InvalidError(f"a search has at most {MAX_COLUMNS} columns")
    if any(
        len(name) > MAX_FIELD for name in (*document.columns, *document.widths, document.sort, document.by)
    ):
        raise InvalidError(f"the name of a field has at most {MAX_FIELD} characters")
    if not all(20 <= width <= 4_000 for width in document.widths.values()):
        raise InvalidError("a column is 20 to 4,000 pixels wide")
    found: dict[str, Any] = msgspec.to_builtins(document)
    return found


def checked_name(name: str) -> str:
    """Return the name without space around it; raises `InvalidError`."""
    name = " ".join(name.split())
    if not 0 < len(name) <= MAX_NAME:
        raise InvalidError(f"a saved search needs a name of at most {MAX_NAME} characters")
    return name


def checked_description(text: str) -> str:
    """Return the description; raises `InvalidError`."""
    if len(text) > MAX_DESCRIPTION:
        raise InvalidError(f"a description has at most {MAX_DESCRIPTION} characters")
    return text.strip()


def checked_tags(tags: tuple[str, ...]) -> list[str]:
    """Return the tags, each once and in the order given; raises `InvalidError`."""
    found = list(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))
    if len(found) > MAX_TAGS or any(len(tag) > MAX_TAG for tag in found):
        raise InvalidError(f"a search has at most {MAX_TAGS} tags of at most {MAX_TAG} characters")
    return found
