"""What one written value means on one field: the second half of the Lucene reader."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_network

from tocsin.core.errors import InvalidError
from tocsin.core.fields import MESSAGE, field_type
from tocsin.query.dates import Dates
from tocsin.query.patterns import ANY, SINGLE, WORD, escape_wildcard, parse_wildcard, quote, words_of
from tocsin.query.tree import Exists, InNetwork, Node, Range, Regex, Scalar, Term, Text, Wildcard
from tocsin.query.values import address_key, is_number


@dataclass(frozen=True, slots=True)
class Written:
    """A value as it stands in the query: `text` without escapes, `pattern` when it has wildcards."""

    text: str
    pattern: str | None = None
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Bounds:
    """A range as it stands in the query; None is an open end."""

    lower: str | None
    upper: str | None
    lower_included: bool = True
    upper_included: bool = True


def value_node(field: str | None, value: Written, dates: Dates) -> Node:
    """Return the condition `field:value`; a field of None is the event's message.

    Raises `InvalidError` when the value cannot stand on the field.
    """
    if field is None or field_type(field) == "text":
        return _text_node(field, value)
    if value.pattern is not None:
        return Exists(field) if parse_wildcard(value.pattern) == [ANY] else Wildcard(field, value.pattern)
    if field_type(field) == "date":
        return _span_node(field, value.text, dates)
    is_plain = not value.quoted or field_type(field) == "ip"  # no address holds a /
    network = _network(field, value.text) if is_plain else None
    return InNetwork(field, network) if network else Term(field, value.text)


def regex_node(field: str | None, pattern: str) -> Node:
    """Return the condition `field:/pattern/`.

    As in Elasticsearch the pattern must match a keyword whole, and may stand anywhere in a text.
    """
    if field is None or field_type(field) == "text":
        return Regex(field or MESSAGE, pattern)
    return Regex(field, rf"\A(?:{pattern})\z")


def range_node(field: str | None, bounds: Bounds, dates: Dates) -> Node:
    """Return the condition `field:[a TO b]`; raises `InvalidError` for bounds of the wrong kind."""
    if field is None:
        raise InvalidError("a range needs a field, such as rule.level:[7 TO 12]")
    if bounds.lower is None and bounds.upper is None:
        return Exists(field)
    if field_type(field) == "date":
        return _date_range(field, bounds, dates)
    lower, upper = _typed(field, bounds.lower, bounds.upper)
    return Range(
        field,
        gt=None if bounds.lower_included else lower,
        gte=lower if bounds.lower_included else None,
        lt=None if bounds.upper_included else upper,
        lte=upper if bounds.upper_included else None,
    )


def _text_node(field: str | None, value: Written) -> Node:
    name = field or MESSAGE
    if value.pattern is None:
        if words_of(value.text):
            return Text(value.text, field)
        return Wildcard(name, f"*{escape_wildcard(value.text)}*")
    pieces = parse_wildcard(value.pattern)
    if pieces == [ANY]:
        return Exists(name)
    if len(pieces) == 3 and pieces[0] is ANY and pieces[2] is ANY and pieces[1] is not SINGLE:
        return Wildcard(name, value.pattern)
    return Regex(name, _word_regex(pieces), cased=False)


def _word_regex(pieces: list[str | None]) -> str:
    """Return an RE2 pattern for a wildcard within a text: `*` and `?` do not cross white space."""
    inner = "".join(
        r"\S*" if piece is ANY else r"\S" if piece is SINGLE else quote(piece or "") for piece in pieces
    )
    before = "" if pieces[0] is ANY else rf"(?:\A|[^{WORD}])"
    after = "" if pieces[-1] is ANY else rf"(?:\z|[^{WORD}])"
    return before + inner + after


def _span_node(field: str, text: str, dates: Dates) -> Node:
    first, end = dates.span(text)
    return Term(field, first) if end - first == 1 else Range(field, gte=first, lt=end)


def _date_range(field: str, bounds: Bounds, dates: Dates) -> Node:
    lower = dates.span(bounds.lower) if bounds.lower is not None else None
    upper = dates.span(bounds.upper) if bounds.upper is not None else None
    return Range(
        field,
        gte=None if lower is None else lower[0 if bounds.lower_included else 1],
        lt=None if upper is None else upper[1 if bounds.upper_included else 0],
    )


def _typed(field: str, lower: str | None, upper: str | None) -> tuple[Scalar | None, Scalar | None]:
    given = [bound for bound in (lower, upper) if bound is not None]
    declared = field_type(field)
    if declared == "ip":
        wrong = next((bound for bound in given if address_key(bound) is None), None)
        if wrong is not None:
            raise InvalidError(f"{wrong!r} is not an address, and {field} holds addresses")
        return lower, upper
    wrong = next((bound for bound in given if not is_number(bound)), None)
    if wrong is None:
        return _number(lower), _number(upper)
    if declared in ("long", "double"):
        raise InvalidError(f"{wrong!r} is not a number, and {field} holds numbers")
    return lower, upper


def _number(text: str | None) -> Scalar | None:
    if text is None:
        return None
    return int(text) if text.lstrip("+-").isdigit() else float(text)


def _network(field: str, text: str) -> str | None:
    if "/" not in text or field_type(field) not in ("ip", None):
        return None
    try:
        ip_network(text, strict=False)
    except ValueError as error:
        if field_type(field) == "ip":
            raise InvalidError(f"{text!r} is not a network such as 10.0.0.0/8: {error}") from error
        return None
    return text
