"""Read the clauses of an Elasticsearch query as a query tree: what ElastAlert's `filter` is written in.

Meaning follows Elasticsearch on ECS mappings: `term` is exact and minds case on keywords, matches words on
text; `match` is analysed on text. A clause that cannot keep its meaning is refused with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tocsin.core.errors import InvalidError
from tocsin.core.fields import canonical, field_type
from tocsin.query.lucene import parse_lucene
from tocsin.query.tree import (
    And,
    Everything,
    Exists,
    InNetwork,
    Node,
    Not,
    Nothing,
    OneOf,
    Or,
    Range,
    Regex,
    Scalar,
    Term,
    Text,
    Wildcard,
)

MAX_DEPTH = 40
MAX_VALUES = 10_000
_BOUNDS = ("gt", "gte", "lt", "lte")
_IGNORED = frozenset({"boost", "_name"})


def read_filter(clauses: Any, depth: int = 0) -> Node:
    """Return the tree of one clause, or of a list of clauses that must all hold.

    Raises `InvalidError` naming the clause that is unknown or malformed.
    """
    if depth > MAX_DEPTH:
        raise InvalidError(f"the filter is nested more than {MAX_DEPTH} deep")
    if isinstance(clauses, list):
        nodes = tuple(read_filter(clause, depth + 1) for clause in clauses)
        return nodes[0] if len(nodes) == 1 else And(nodes)
    return _clause(clauses, depth)


def _clause(clause: Any, depth: int) -> Node:
    if not isinstance(clause, Mapping) or len(clause) != 1:
        raise InvalidError(f"a filter clause is a mapping with one key, not {_shown(clause)}")
    ((name, body),) = clause.items()
    if name == "bool":
        return _bool(body, depth)
    if name in {"query", "filter", "constant_score"}:
        return read_filter(body["filter"] if name == "constant_score" else body, depth + 1)
    if name in {"eql", "esql"}:
        raise InvalidError(f"an {name} query is answered by Elasticsearch only and cannot be evaluated here")
    reader = _READERS.get(name)
    if reader is None:
        raise InvalidError(
            f"{_shown(name)} is no filter clause known here (known: {', '.join(sorted(_READERS))})"
        )
    return reader(body)


def _bool(body: Any, depth: int) -> Node:
    if not isinstance(body, Mapping):
        raise InvalidError("bool holds must, filter, should or must_not")
    known = {"must", "filter", "should", "must_not", "minimum_should_match"} | _IGNORED
    if unknown := set(body) - known:
        raise InvalidError(f"bool does not know {_shown(min(unknown))}")
    required = [_listed(body[key], depth) for key in ("must", "filter") if key in body]
    parts: list[Node] = [node for nodes in required for node in nodes]
    if "should" in body:
        should = _listed(body["should"], depth)
        parts += _should(should, body.get("minimum_should_match", 0 if required else 1))
    if "must_not" in body:
        parts += [Not(node) for node in _listed(body["must_not"], depth)]
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _should(nodes: list[Node], minimum: Any) -> list[Node]:
    if minimum in {0, "0"} or not nodes:
        return []
    if minimum in {1, "1"}:
        return [Or(tuple(nodes))]
    if str(minimum) == str(len(nodes)):
        return nodes
    raise InvalidError(f"minimum_should_match {_shown(minimum)}: only 0, 1 or all of the clauses")


def _listed(body: Any, depth: int) -> list[Node]:
    return [read_filter(clause, depth + 1) for clause in (body if isinstance(body, list) else [body])]


def _field(body: Any, clause: str) -> tuple[str, Any]:
    if isinstance(body, Mapping):
        named = {name: value for name, value in body.items() if name not in _IGNORED}
        if len(named) == 1:
            ((name, value),) = named.items()
            return canonical(str(name)), value
    raise InvalidError(f"{clause} holds one field, not {_shown(body)}")


def _valued(body: Any, clause: str, key: str) -> tuple[str, Any, bool]:
    """Return field, value and whether case matters, of `{f: v}` or `{f: {key: v, case_insensitive}}`."""
    name, value = _field(body, clause)
    if not isinstance(value, Mapping):
        return name, value, True
    if key not in value:
        raise InvalidError(f"{clause} on {name} lacks {key!r}")
    return name, value[key], not value.get("case_insensitive", False)


def _scalar(value: Any, what: str) -> Scalar:
    if isinstance(value, str | int | float | bool):
        return value
    raise InvalidError(f"{what} needs text, a number or a truth value, not {_shown(value)}")


def _term(body: Any) -> Node:
    name, value, cased = _valued(body, "term", "value")
    value = _scalar(value, f"term on {name}")
    if field_type(name) == "text" and isinstance(value, str):
        return Text(value, name)
    if field_type(name) == "ip" and "/" in str(value):
        return InNetwork(name, str(value))
    return Term(name, value, cased)


def _terms(body: Any) -> Node:
    name, values = _field(body, "terms")
    if not isinstance(values, list) or len(values) > MAX_VALUES:
        raise InvalidError(f"terms on {name} needs a list of at most {MAX_VALUES} values")
    scalars = tuple(_scalar(value, f"terms on {name}") for value in values)
    if field_type(name) == "ip" and any("/" in str(value) for value in scalars):
        return Or(tuple(_term({name: value}) for value in scalars))
    return OneOf(name, scalars, cased=True)


def _range(body: Any) -> Node:
    name, bounds = _field(body, "range")
    if not isinstance(bounds, Mapping):
        raise InvalidError(f"range on {name} needs bounds such as gte and lt")
    found = {key: _bound(name, bounds[key]) for key in _BOUNDS if key in bounds}
    if unknown := set(bounds) - set(_BOUNDS) - _IGNORED - {"format", "time_zone"}:
        raise InvalidError(f"range on {name} does not know {_shown(min(unknown))}")
    if not found:
        raise InvalidError(f"range on {name} has no bound")
    return Range(name, **found)


def _bound(name: str, value: Any) -> Scalar:
    if isinstance(value, str) and ("now" in value or "||" in value):
        raise InvalidError(f"range on {name}: {value!r} depends on the time of the search, a rule has none")
    return _scalar(value, f"range on {name}")


def _exists(body: Any) -> Node:
    name, value = _field(body, "exists")
    if name != "field":
        raise InvalidError("exists holds `field`")
    return Exists(canonical(str(value)))


def _wildcard(body: Any) -> Node:
    name, value = _field(body, "wildcard")
    key = "wildcard" if isinstance(value, Mapping) and "wildcard" in value else "value"
    name, value, cased = _valued(body, "wildcard", key)
    return Wildcard(name, str(value), cased)


def _prefix(body: Any) -> Node:
    name, value, cased = _valued(body, "prefix", "value")
    literal = "".join(f"\\{letter}" if letter in "*?\\" else letter for letter in str(value))
    return Wildcard(name, f"{literal}*", cased)


def _regexp(body: Any) -> Node:
    name, value, cased = _valued(body, "regexp", "value")
    pattern = str(value)
    if any(sign in pattern for sign in "~&<>@#"):
        raise InvalidError(f"regexp on {name}: the operators ~ & < > @ # of Lucene are not supported")
    return Regex(name, rf"\A(?:{pattern})\z", cased)


def _match(body: Any) -> Node:
    name, value = _field(body, "match")
    operator = str(value.get("operator", "or")).lower() if isinstance(value, Mapping) else "or"
    name, value, _ = _valued(body, "match", "query")
    value = _scalar(value, f"match on {name}")
    if not isinstance(value, str) or field_type(name) not in {"text", None}:
        return Term(name, value, cased=True)
    words: tuple[Node, ...] = tuple(Text(word, name) for word in value.split())
    if not words:
        return Nothing()
    return And(words) if operator == "and" else Or(words)


def _match_phrase(body: Any) -> Node:
    name, value, _ = _valued(body, "match_phrase", "query")
    value = _scalar(value, f"match_phrase on {name}")
    if not isinstance(value, str) or field_type(name) not in {"text", None}:
        return Term(name, value, cased=True)
    return Text(value, name)


def _query_string(body: Any) -> Node:
    if not isinstance(body, Mapping) or not isinstance(body.get("query"), str):
        raise InvalidError("query_string needs `query` as text")
    if str(body.get("default_operator", "or")).lower() != "or":
        raise InvalidError("query_string: write AND into the query instead of default_operator")
    if "default_field" in body or "fields" in body:
        raise InvalidError("query_string: name the field in the query instead of default_field or fields")
    return parse_lucene(body["query"])


def _match_all(_body: Any) -> Node:
    return Everything()


def _match_none(_body: Any) -> Node:
    return Nothing()


def _shown(value: Any) -> str:
    return repr(value)[:80]


_READERS: dict[str, Callable[[Any], Node]] = {
    "term": _term,
    "terms": _terms,
    "range": _range,
    "exists": _exists,
    "wildcard": _wildcard,
    "prefix": _prefix,
    "regexp": _regexp,
    "match": _match,
    "match_phrase": _match_phrase,
    "query_string": _query_string,
    "match_all": _match_all,
    "match_none": _match_none,
}
