"""Reader: the query language of Elasticsearch (its "Query DSL") as a query tree.

Meaning follows Elasticsearch on the field catalogue's types. Keywords, and fields without a declared type
for `term`, are compared whole and mind case. Text fields are compared by words, whatever their case: `term`
finds its words in a row, `match` any or all of them. `<field>.keyword` is compared whole even where the
field is text. `match` reads fields without a declared type as text. A clause that cannot keep its meaning is
refused with the reason. Results are not scored, so `boost` and `_name` are ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tocsin.core.errors import InvalidError
from tocsin.query.elasticsearch_fields import (
    IGNORED,
    Reading,
    at_least,
    minimum,
    shown,
)
from tocsin.query.elasticsearch_terms import TERM_CLAUSES
from tocsin.query.elasticsearch_text import TEXT_CLAUSES
from tocsin.query.tree import And, Everything, Node, Not, Nothing, Or

MAX_DEPTH = 40
MAX_CLAUSES = 10_000

_ELSEWHERE = {
    "eql": "an eql query is answered by Elasticsearch only and cannot be evaluated here",
    "esql": "an esql query is answered by Elasticsearch only and cannot be evaluated here",
    "nested": "[nested] has nothing to look into: events hold lists of values, not of objects",
    "fuzzy": "[fuzzy] is not supported: likeness cannot be kept to its meaning",
    "script": "[script] is not supported: no scripts are run here",
}
_UNSUPPORTED = frozenset({
    "function_score", "script_score", "boosting", "more_like_this", "percolate", "has_child", "has_parent",
    "parent_id", "geo_bounding_box", "geo_distance", "geo_polygon", "geo_shape", "shape", "intervals", "knn",
    "distance_feature", "rank_feature", "terms_set", "span_term", "span_near", "span_or", "span_not",
    "span_first", "span_multi", "span_containing", "span_within", "pinned", "wrapper", "combined_fields",
    "semantic", "sparse_vector", "text_expansion", "rule", "hybrid", "neural",
})  # fmt: skip


def read_filter(clauses: Any, *, now: int | None = None) -> Node:
    """Return the tree of one clause, or of a list of clauses that must all hold.

    `now` is the instant date math counts from (microseconds); without it date math is refused, since what a
    rule selects must not depend on when it is asked. Raises `InvalidError` naming the clause at fault.
    """
    return _Reader(now).read(clauses, 0)


class _Reader:
    """Reads one query; counts its clauses."""

    def __init__(self, now: int | None) -> None:
        self._reading = Reading(now)
        self._clauses = 0
        self._compound: Mapping[str, Callable[[Any, int], Node]] = {
            "bool": self._bool,
            "query": self.read,
            "filter": self.read,
            "constant_score": self._constant_score,
            "dis_max": self._dis_max,
            "match_all": lambda _body, _depth: Everything(),
            "match_none": lambda _body, _depth: Nothing(),
        }

    def read(self, clauses: Any, depth: int) -> Node:
        """Return the tree of one clause or of a list of them."""
        if depth > MAX_DEPTH:
            raise InvalidError(f"the filter is nested more than {MAX_DEPTH} deep")
        if isinstance(clauses, list):
            nodes = tuple(self.read(clause, depth + 1) for clause in clauses)
            return nodes[0] if len(nodes) == 1 else And(nodes)
        return self._clause(clauses, depth)

    def _clause(self, clause: Any, depth: int) -> Node:
        self._clauses += 1
        if self._clauses > MAX_CLAUSES:
            raise InvalidError(f"the query has more than {MAX_CLAUSES} clauses")
        if not isinstance(clause, Mapping) or len(clause) != 1:
            raise InvalidError(f"a filter clause is a mapping with one key, not {shown(clause)}")
        ((name, body),) = clause.items()
        if name in self._compound:
            return self._compound[name](body, depth + 1)
        if name in _ELSEWHERE:
            raise InvalidError(_ELSEWHERE[name])
        if name in _UNSUPPORTED:
            raise InvalidError(f"[{name}] is not supported")
        reader = TERM_CLAUSES.get(name) or TEXT_CLAUSES.get(name)
        if reader is None:
            raise InvalidError(f"unknown query [{str(name)[:60]}]: it is no filter clause known here")
        return reader(self._reading, body)

    def _bool(self, body: Any, depth: int) -> Node:
        if not isinstance(body, Mapping):
            raise InvalidError("bool holds must, filter, should or must_not")
        known = {"must", "filter", "should", "must_not", "minimum_should_match", "adjust_pure_negative"}
        if unknown := set(map(str, body)) - known - IGNORED:
            raise InvalidError(f"bool does not know {shown(min(unknown))}")
        parts = [node for key in ("must", "filter") for node in self._listed(body.get(key, []), depth)]
        should = self._listed(body.get("should", []), depth)
        if should:
            wanted = body.get("minimum_should_match", 0 if parts else 1)
            chosen = at_least(should, minimum(wanted, len(should), "bool"))
            parts += [] if isinstance(chosen, Everything) else [chosen]
        parts += [Not(node) for node in self._listed(body.get("must_not", []), depth)]
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _listed(self, body: Any, depth: int) -> list[Node]:
        clauses = body if isinstance(body, list) else [body]
        return [self.read(clause, depth + 1) for clause in clauses]

    def _constant_score(self, body: Any, depth: int) -> Node:
        if not isinstance(body, Mapping) or "filter" not in body:
            raise InvalidError("constant_score holds `filter`")
        return self.read(body["filter"], depth + 1)

    def _dis_max(self, body: Any, depth: int) -> Node:
        if not isinstance(body, Mapping) or not isinstance(body.get("queries"), list):
            raise InvalidError("dis_max holds a list of `queries`")
        return Or(tuple(self._listed(body["queries"], depth)))
