"""Reader: Elasticsearch's `sort`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.core.errors import InvalidError
from tocsin.core.fields import canonical
from tocsin.query.aggregation import SortKey
from tocsin.query.elasticsearch_fields import shown

_MOST_KEYS = 10
_SETTINGS = frozenset({
    "order", "missing", "unmapped_type", "mode", "format", "numeric_type", "ignore_unmapped",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class SortedBy:
    """One thing to sort by; `key` is None for the order of the log (`_doc`, `_shard_doc`)."""

    key: SortKey | None
    format: str = ""
    descending: bool = False


def read_sort(sort: Any) -> list[SortedBy]:
    """Return what to sort by; scores are no order here and left out. Raises `InvalidError`."""
    given = [] if sort is None else sort if isinstance(sort, list) else [sort]
    if len(given) > _MOST_KEYS:
        raise InvalidError(f"[sort] has more than {_MOST_KEYS} keys")
    found: list[SortedBy] = []
    for one in given:
        if isinstance(one, str):
            found += _by(one, {"order": "desc"} if one == "_score" else {})
        elif isinstance(one, Mapping):
            for name, body in one.items():
                found += _by(str(name), body if isinstance(body, Mapping) else {"order": body})
        else:
            raise InvalidError(f"[sort] holds names and mappings, not {shown(one)}")
    return found


def _by(name: str, body: Mapping[str, Any]) -> list[SortedBy]:
    if name == "_score":
        return []
    if name in {"_script", "_geo_distance"}:
        raise InvalidError(f"[sort] by {name} is not supported")
    if unknown := set(map(str, body)) - _SETTINGS:
        raise InvalidError(f"[sort] on [{name[:80]}] does not know {shown(min(unknown))}")
    order = str(body.get("order", "asc")).lower()
    if order not in {"asc", "desc"}:
        raise InvalidError(f"[sort] on [{name[:80]}]: the order is asc or desc, not {shown(order)}")
    missing = str(body.get("missing", "_last"))
    if missing not in {"_first", "_last"}:
        raise InvalidError(f"[sort] on [{name[:80]}]: missing is _first or _last")
    descending = order == "desc"
    if name in {"_doc", "_shard_doc"}:
        return [SortedBy(None, descending=descending)]
    key = SortKey(canonical(name), descending, missing == "_first")
    return [SortedBy(key, str(body.get("format") or ""), descending)]
