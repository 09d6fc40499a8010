"""Reads the body and the address of a search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.api.elastic.form import ElasticError
from tocsin.api.elastic.sources import Chosen, Wanted, read_chosen, read_wanted
from tocsin.core.errors import InvalidError
from tocsin.query.aggregation import MAX_HITS
from tocsin.query.elasticsearch_aggs import Asked, read_aggregations
from tocsin.query.elasticsearch_dsl import read_filter
from tocsin.query.elasticsearch_sort import SortedBy, read_sort
from tocsin.query.lucene import Joining, parse_lucene
from tocsin.query.tree import And, Everything, Node

_IGNORED = frozenset({
    "highlight", "timeout", "version", "seq_no_primary_term", "explain", "profile", "stored_fields", "stats",
    "terminate_after", "track_scores", "indices_boost", "batched_reduce_size", "preference", "ext",
    "search_type",
})  # fmt: skip
_READ = frozenset({
    "query", "size", "from", "sort", "search_after", "_source", "fields", "docvalue_fields", "aggs",
    "aggregations", "track_total_hits", "pit", "post_filter", "min_score", "script_fields",
    "runtime_mappings",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Search:
    """What a search asks for."""

    query: Node
    hits: Node
    """What hits must also be: the body's `post_filter`."""
    size: int
    start: int
    sort: tuple[SortedBy, ...]
    after: tuple[Any, ...] | None
    chosen: Chosen
    fields: Wanted
    aggregations: tuple[Asked, ...]
    counted: bool
    pit: str
    as_int: bool = False
    typed: bool = False
    """Whether names of aggregations are answered with their types before them."""


def read_search(body: Mapping[str, Any], params: Mapping[str, str], *, now: int) -> Search:
    """Return what a search asks for; raises an error of ours that names what is wrong."""
    if unknown := set(map(str, body)) - _READ - _IGNORED:
        kind = "parsing_exception"
        raise ElasticError(f"Unknown key or one that is not supported: [{min(unknown)[:80]}]", kind=kind)
    for name in ("script_fields", "runtime_mappings"):
        if body.get(name):
            raise ElasticError(
                f"[{name}] is not supported: no scripts are run here", kind="parsing_exception"
            )
    size, start = (
        _whole(params.get(name, body.get(name)), name, default)
        for name, default in (("size", 10), ("from", 0))
    )
    if size + start > MAX_HITS:
        raise ElasticError(
            "Result window is too large, from + size must be less than or equal to:"
            f" [{MAX_HITS}] but was [{size + start}]: go on with search_after or scroll"
        )
    total = params.get("track_total_hits", body.get("track_total_hits", True))
    pit = body.get("pit") or {}
    if not isinstance(pit, Mapping) or (pit and not isinstance(pit.get("id"), str)):
        raise ElasticError("[pit] holds an id", kind="parsing_exception")
    return Search(
        query=read_query(body, params, now=now),
        hits=read_filter(body["post_filter"], now=now) if body.get("post_filter") else Everything(),
        size=size,
        start=start,
        sort=tuple(read_sort(_sort_of(body, params))),
        after=_after(body.get("search_after")),
        chosen=read_chosen(body.get("_source", not _has_no_source(body)), params),
        fields=read_wanted(body),
        aggregations=read_aggregations(body.get("aggs", body.get("aggregations")) or {}, now=now),
        counted=str(total).lower() != "false",
        pit=str(pit.get("id", "")),
        as_int=params.get("rest_total_hits_as_int") == "true",
        typed=params.get("typed_keys") in ("", "true"),
    )


def _has_no_source(body: Mapping[str, Any]) -> bool:
    return body.get("stored_fields") in ("_none_", ["_none_"])


def read_query(body: Mapping[str, Any], params: Mapping[str, str], *, now: int) -> Node:
    """Return the tree of a body's `query` and the address's `q`."""
    nodes: list[Node] = []
    if body.get("query") is not None:
        try:
            nodes.append(read_filter(body["query"], now=now))
        except InvalidError as error:
            raise ElasticError(error.message, kind="parsing_exception") from error
    if text := params.get("q"):
        joining: Joining = "and" if params.get("default_operator", "or").lower() == "and" else "or"
        nodes.append(parse_lucene(text, now=now, joining=joining))
    return And(tuple(nodes)) if len(nodes) > 1 else nodes[0] if nodes else Everything()


def _sort_of(body: Mapping[str, Any], params: Mapping[str, str]) -> Any:
    if "sort" not in params:
        return body.get("sort")
    pairs = [part.partition(":") for part in params["sort"].split(",") if part]
    return [{name: {"order": order or "asc"}} for name, _, order in pairs]


def _after(given: Any) -> tuple[Any, ...] | None:
    if given is None:
        return None
    if not isinstance(given, list) or not given or len(given) > 20:
        raise ElasticError("[search_after] is a list of values, one for each key of [sort]")
    if not all(one is None or isinstance(one, str | int | float) for one in given):
        raise ElasticError("[search_after] holds text, numbers and truth values")
    return tuple(given)


def _whole(value: Any, name: str, default: int) -> int:
    if value is None:
        return default
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ElasticError(f"[{name}] is a whole number") from error
    if number < 0:
        raise ElasticError(f"[{name}] parameter cannot be negative, found [{number}]")
    return number
