"""Clauses of Elasticsearch's query language about words: the `match` family and the query strings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from tocsin.core.errors import InvalidError
from tocsin.core.fields import CATALOGUE, EVENT_ID, MESSAGE
from tocsin.query.dates import Dates
from tocsin.query.elasticsearch_fields import (
    Reading,
    Target,
    at_least,
    minimum,
    one_field,
    options,
    scalar,
    shown,
    target,
)
from tocsin.query.elasticsearch_terms import term_node
from tocsin.query.intervals import zone_of
from tocsin.query.lucene import Joining, parse_lucene
from tocsin.query.lucene_values import Written, value_node
from tocsin.query.patterns import QueryError, escape_wildcard, quote, words_of
from tocsin.query.simple_query import parse_simple
from tocsin.query.tree import Everything, Node, Nothing, Or, Regex, Scalar, Text

_SCORING = frozenset({
    "lenient", "analyzer", "tie_breaker", "auto_generate_synonyms_phrase_query", "fuzzy_transpositions",
    "prefix_length", "max_expansions", "cutoff_frequency", "fuzzy_rewrite", "rewrite",
    "max_determinized_states", "enable_position_increments", "fuzzy_max_expansions", "fuzzy_prefix_length",
    "analyze_wildcard", "allow_leading_wildcard", "quote_analyzer",
    "fuzzy_max_determinized_states", "force_analyzer",
    "split_on_whitespace", "locale", "auto_generate_phrase_queries",
})  # fmt: skip
"""Options that change scores or how words are cut, not which whole words are asked for; ignored."""
_PLAIN = {"phrase_slop": "0", "escape": "false", "flags": "ALL", "quote_field_suffix": ""}
"""Options of the query strings that change what is asked for, each with the one value that is understood."""
_MATCH = _SCORING | {"operator", "minimum_should_match", "zero_terms_query", "fuzziness", "slop", "type"}
_MOST_FIELDS = 100
_NONE = frozenset({"none", "NONE"})


def _match(reading: Reading, body: Any) -> Node:
    aimed, value = one_field(body, "match")
    given = options(value, f"match on {aimed.field}", "query", _MATCH)
    return _by_type(reading, aimed, given, str(given.get("type", "boolean")))


def _by_type(reading: Reading, aimed: Target, given: Mapping[str, Any], kind: str) -> Node:
    value = scalar(given["query"], f"match on {aimed.field}")
    _refuse_likeness(given, aimed.field)
    if not isinstance(value, str) or not aimed.is_analysed:
        if kind in {"phrase_prefix", "bool_prefix"} and isinstance(value, str):
            return value_node(aimed.field, Written(value, escape_wildcard(value) + "*"), reading.dates())
        return term_node(reading, aimed, value)
    if not words_of(value):
        return Everything() if given.get("zero_terms_query", "none") == "all" else Nothing()
    if kind == "phrase":
        return Text(value, aimed.field)
    if kind == "phrase_prefix":
        return _phrase_prefix(aimed.field, value)
    return _words(aimed.field, value, given, prefix=kind == "bool_prefix")


def _words(field: str, text: str, given: Mapping[str, Any], *, prefix: bool) -> Node:
    words = text.split()
    nodes: list[Node] = [Text(word, field) for word in words if words_of(word)]
    if prefix:
        nodes[-1] = _phrase_prefix(field, words_of(text)[-1])
    if str(given.get("operator", "or")).lower() == "and":
        return at_least(nodes, len(nodes))
    return at_least(nodes, max(1, minimum(given.get("minimum_should_match", 1), len(nodes), "match")))


def _phrase_prefix(field: str, text: str) -> Node:
    """Return the condition that words stand in a row, the last of which may go on."""
    words = words_of(text)
    between = r"[^\pL\pN_]+"
    return Regex(field, rf"(?:\A|[^\pL\pN_]){between.join(map(quote, words))}", cased=False)


def _refuse_likeness(given: Mapping[str, Any], field: str) -> None:
    if str(given.get("fuzziness", "0")).upper() not in {"0", "0.0", "NONE"}:
        raise InvalidError(
            f"match on {field}: fuzziness is not supported, likeness cannot be kept to its meaning"
        )
    if str(given.get("slop", 0)) != "0":
        raise InvalidError(f"match on {field}: slop is not supported: words stand one after the other")


def _phrase(kind: str) -> Callable[[Reading, Any], Node]:
    clause = {"phrase": "match_phrase", "phrase_prefix": "match_phrase_prefix"}.get(kind, "match_bool_prefix")

    def read(reading: Reading, body: Any) -> Node:
        aimed, value = one_field(body, clause)
        return _by_type(reading, aimed, options(value, f"{clause} on {aimed.field}", "query", _MATCH), kind)

    return read


def _multi_match(reading: Reading, body: Any) -> Node:
    if not isinstance(body, Mapping):
        raise InvalidError("multi_match holds `query` and `fields`")
    given = options(body, "multi_match", "query", _MATCH | {"fields"})
    kind = str(given.get("type", "best_fields"))
    known = {"best_fields": "", "most_fields": "", "cross_fields": "", "phrase": "phrase"}
    known |= {"phrase_prefix": "phrase_prefix", "bool_prefix": "bool_prefix"}
    if kind not in known:
        raise InvalidError(f"multi_match does not know the type {shown(kind)}")
    scalar(given["query"], "multi_match")
    fields = read_fields(given.get("fields"), "multi_match")
    nodes = tuple(_by_type(reading, aimed, given, known[kind]) for aimed in fields)
    return nodes[0] if len(nodes) == 1 else Or(nodes)


def read_fields(fields: Any, clause: str) -> list[Target]:
    """Return the fields named, without boosts; a pattern means the catalogue, no name the message."""
    given = [fields] if isinstance(fields, str) else [] if fields is None else fields
    if not isinstance(given, list) or len(given) > _MOST_FIELDS:
        raise InvalidError(f"{clause}: fields is a list of at most {_MOST_FIELDS} names")
    found: dict[Target, None] = {}
    for name in given:
        if not isinstance(name, str):
            raise InvalidError(f"{clause}: {shown(name)} is no name of a field")
        plain = name.partition("^")[0]
        if plain == "*":
            found[Target(MESSAGE, exact=False)] = None
        elif "*" in plain:
            names = [known for known in CATALOGUE if known != EVENT_ID and fnmatchcase(known, plain)]
            found |= dict.fromkeys(Target(known, exact=False) for known in names)
        else:
            found[target(plain, clause)] = None
    if given and not found:
        return []
    return list(found) or [Target(MESSAGE, exact=False)]


def _query_string(reading: Reading, body: Any) -> Node:
    given = _string_options(body, "query_string")
    text = given["query"]
    if not text.strip():
        return Nothing()
    joining: Joining = "and" if str(given.get("default_operator", "or")).lower() == "and" else "or"
    fields = _string_fields(given, "query_string")
    try:
        return parse_lucene(text, dates=_dates(reading, given), joining=joining, fields=fields)
    except QueryError as error:
        error.message = f"Failed to parse query [{text[:200]}]: {error.message} (at character {error.offset})"
        raise


def _dates(reading: Reading, given: Mapping[str, Any]) -> Dates:
    zone = str(given.get("time_zone") or "UTC")
    zone_of(zone)  # refused here, whether or not the text has a date
    return reading.dates(zone)


def _simple_query_string(reading: Reading, body: Any) -> Node:
    given = _string_options(body, "simple_query_string")
    all_of = str(given.get("default_operator", "or")).lower() == "and"
    fields = _string_fields(given, "simple_query_string")
    return parse_simple(given["query"], fields=fields or [MESSAGE], dates=reading.dates(), all_of=all_of)


def _string_options(body: Any, clause: str) -> Mapping[str, Any]:
    if not isinstance(body, Mapping) or not isinstance(body.get("query"), str):
        raise InvalidError(f"{clause} needs `query` as text")
    known = _SCORING | {
        "default_operator", "default_field", "fields", "minimum_should_match", "type", "fuzziness",
        "time_zone", *_PLAIN,
    }  # fmt: skip
    given = options(body, clause, "query", known)
    if str(given.get("minimum_should_match", 1)) not in {"0", "1"}:
        raise InvalidError(f"{clause}: write AND into the query instead of minimum_should_match")
    for name, usual in _PLAIN.items():
        if str(given.get(name, usual)).lower() != usual.lower():
            raise InvalidError(f"{clause}: {name} of {shown(given[name])} is not supported")
    return given


def _string_fields(given: Mapping[str, Any], clause: str) -> list[str]:
    fields = given.get("fields", given.get("default_field"))
    found = [aimed.field for aimed in read_fields(fields, clause)]
    return [] if found == [MESSAGE] else found


def match_node(reading: Reading, name: str, value: Scalar) -> Node:
    """Return what `match` means for one field and value, for a search given in the address."""
    return _match(reading, {name: value})


TEXT_CLAUSES: Mapping[str, Callable[[Reading, Any], Node]] = {
    "match": _match,
    "match_phrase": _phrase("phrase"),
    "match_phrase_prefix": _phrase("phrase_prefix"),
    "match_bool_prefix": _phrase("bool_prefix"),
    "multi_match": _multi_match,
    "query_string": _query_string,
    "simple_query_string": _simple_query_string,
}
