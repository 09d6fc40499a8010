"""Writer: a query tree as a SQL condition over the event table of the embedded log (DuckDB).

Layout it is written for: `at_us`, `source`, `seq`, `message`; a text column for each field of
`COLUMNS`; the table's own columns, if it has any; `texts`, a map of the other fields that hold one value;
`lists`, a map of the others that hold a list. Every value of a query is a parameter, never part of the SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Network, ip_network
from typing import Any, assert_never

from tocsin.core.fields import EVENT_ID, MESSAGE, TIMESTAMP, field_type
from tocsin.query.own_columns import NONE, Operand, OwnColumns, operand, whole_number
from tocsin.query.patterns import (
    ANY,
    ASCII,
    BEYOND_ASCII,
    SINGLE,
    WORD,
    caseless,
    compile_regex,
    parse_wildcard,
    shape_of,
    wildcard_like,
    words_of,
    words_regex,
)
from tocsin.query.sql_macros import OCTET
from tocsin.query.tree import (
    And,
    DatePart,
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
    SameAs,
    Scalar,
    Term,
    Text,
    Wildcard,
    with_single_names,
)
from tocsin.query.values import date_key, fold, network_bounds, range_bounds, range_kind, text_of

COLUMNS: dict[str, str] = {
    "agent.id": "agent_id",
    "destination.ip": "destination_ip",
    "event.action": "event_action",
    "event.dataset": "event_dataset",
    "event.outcome": "event_outcome",
    "host.name": "host_name",
    "log.file.path": "log_file_path",
    "process.name": "process_name",
    "rule.id": "rule_id",
    "rule.level": "rule_level",
    "source.ip": "source_ip",
    "user.name": "user_name",
}
"""Fields that have a column of their own, for what is filtered and counted most."""

_ISO = "strftime(make_timestamp(at_us), '%Y-%m-%dT%H:%M:%S.%fZ')"
_PSEUDO: dict[str, str] = {
    TIMESTAMP: _ISO,
    EVENT_ID: "(source || '~' || seq::VARCHAR)",
    MESSAGE: "message",
    "event.source": "source",
    "event.sequence": "seq::VARCHAR",
}

_Build = Callable[[Operand], str]


def to_sql(
    node: Node, *, listed: Collection[str] | None = None, params: list[Any] | None = None
) -> tuple[str, list[Any]]:
    """Return the condition, with numbered parameters (`$1`), and the parameters' values.

    `listed` names the fields that hold a list in any event of the table, so that no time is spent on
    looking for lists where there are none; None means any may. `params` are those of a statement the
    condition will stand in: the numbering goes on behind them and they come back with ours appended.
    The connection must hold `sql_macros.MACROS`. Raises what `compile_predicate` raises.
    """
    writer = Writer([] if params is None else params, listed)
    return writer.condition(with_single_names(node)), writer.params


@dataclass(slots=True)
class Writer:
    """Writes the pieces of one SQL statement, collecting its parameters.

    `listed` and `own` tell of the table that what is written next will be asked of.
    """

    params: list[Any] = field(default_factory=list)
    listed: Collection[str] | None = None
    own: OwnColumns = NONE

    def bind(self, value: Any) -> str:
        """Add a parameter and return its place, such as `$3`."""
        self.params.append(value)
        return f"${len(self.params)}"

    def single(self, name: str) -> str:
        """Return the expression for the text of a field's one value; NULL when it is absent or a list."""
        return self._single(name).text

    def key(self, name: str, kind: str) -> str:
        """Return the expression for the key of a field's one value: what it is compared by as that kind."""
        return _key(kind, self._single(name))

    def _single(self, name: str) -> Operand:
        if name in _PSEUDO:
            return Operand(_PSEUDO[name])
        if name in self.own.singles:
            return operand(*self.own.singles[name])
        return Operand(COLUMNS.get(name) or f"texts[{self.bind(name)}]")

    def many(self, name: str) -> str | None:
        """Return the expression for a field's list, or None when no event holds a list there."""
        if name in _PSEUDO or (self.listed is not None and name not in self.listed):
            return None
        return self.own.lists.get(name) or f"lists[{self.bind(name)}]"

    def condition(self, node: Node) -> str:
        """Return the condition of a tree. NULL in it means false."""
        match node:
            case Everything():
                return "TRUE"
            case Nothing():
                return "FALSE"
            case And(args):
                return self._join(args, " AND ", "TRUE")
            case Or(args):
                return self._join(args, " OR ", "FALSE")
            case Not(arg):
                return f"(NOT coalesce({self.condition(arg)}, FALSE))"
            case Exists():
                return self._exists(node.field)
            case Text():
                words = words_of(node.text)
                return self._over(node.field or MESSAGE, self._words(words)) if words else "FALSE"
            case SameAs():
                return self._same(node)
            case OneOf(_, ()):
                return "FALSE"
            case _:
                return self._over(node.field, self._test(node))

    def _join(self, args: tuple[Node, ...], operator: str, empty: str) -> str:
        return "(" + operator.join([self.condition(arg) for arg in args]) + ")" if args else empty

    def _exists(self, name: str) -> str:
        many = self.many(name)
        one = f"{self.single(name)} IS NOT NULL"
        return f"({one} OR {many} IS NOT NULL)" if many else f"({one})"

    def _over(self, name: str, build: _Build) -> str:
        many = self.many(name)
        one = build(self._single(name))
        if many is None:
            return f"({one})"
        return f"({one} OR len(list_filter({many}, lambda x: {build(Operand('x'))})) > 0)"

    def _same(self, node: SameAs) -> str:
        form = "{}" if node.cased else "lower({})"
        compare = _SAME[node.how]
        many = self.many(node.other)
        one = self.single(node.other)

        def build(x: Operand) -> str:
            mine = form.format(x.text)
            same = compare.format(mine, form.format(one))
            if many is None:
                return same
            among = compare.format(mine, form.format("y"))
            return f"({same} OR len(list_filter({many}, lambda y: {among})) > 0)"

        return self._over(node.field, build)

    def _test(self, node: Term | OneOf | Wildcard | Regex | Range | InNetwork | DatePart) -> _Build:
        match node:
            case Term():
                return self._equals(node.field, (node.value,), cased=node.cased)
            case OneOf():
                return self._equals(node.field, node.values, cased=node.cased)
            case Wildcard():
                return self._wildcard(node)
            case Regex():
                return self._regex(node)
            case Range():
                return self._range(node)
            case InNetwork():
                return self._network(node)
            case DatePart(_, part, number):
                bound = self.bind(number)
                return lambda x: f"extract('{part}' FROM make_timestamp({_key('date', x)})) = {bound}"
            case _:
                assert_never(node)

    def _equals(self, name: str, values: tuple[Scalar, ...], *, cased: bool) -> _Build:
        texts = list(dict.fromkeys(text_of(value) for value in values))
        wholes = [number for text in texts if (number := whole_number(text)) is not None]
        # A statement may hold no parameter that it does not use, and each but once, as they may be many.
        wanted = cache(lambda: ", ".join([self.bind(text if cased else fold(text)) for text in texts]))
        instants = ""
        if field_type(name) == "date":
            keys = {key for text in texts if (key := date_key(text)) is not None}
            instants = ", ".join([self.bind(key) for key in sorted(keys)])

        def build(x: Operand) -> str:
            if x.whole and not instants:
                return f"{x.number} IN ({', '.join(map(self.bind, wholes))})" if wholes else "FALSE"
            equal = f"{x.text if cased else f'lower({x.text})'} IN ({wanted()})"
            return f"{equal} OR {_key('date', x)} IN ({instants})" if instants else equal

        return build

    def _wildcard(self, node: Wildcard) -> _Build:
        pieces = [
            piece if node.cased or piece is ANY or piece is SINGLE else fold(piece)
            for piece in parse_wildcard(node.pattern)
        ]
        shape = shape_of(pieces)
        if shape.kind == "any":
            return lambda x: f"{x.text} IS NOT NULL"
        form = _SHAPES[shape.kind]
        if shape.kind == "contains" and not node.cased:
            holds = self._contains((shape.text,))
            return lambda x: _in_order(holds(x.text))
        value = self.bind(wildcard_like(pieces) if shape.kind == "pattern" else shape.text)
        return lambda x: form.format(x=x.text if node.cased else f"lower({x.text})", value=value)

    def _contains(self, texts: Iterable[str]) -> Callable[[str], list[str]]:
        """Return the tests that a text holds all of others, folded ones, in whatever case; rarest first.

        The lower case of messages takes longer than all else, so it is made only of those that can hold them.
        """
        runs = {text: caseless(text) for text in texts}
        ordered = sorted(runs, key=lambda text: (len(runs[text]), len(text), text), reverse=True)
        folded = [text for text in ordered if runs[text] != text]

        def build(x: str) -> list[str]:
            # What is no plain column is dear to read twice.
            first = [runs[text] for text in folded if len(runs[text]) >= _TELLING and x.isidentifier()]
            first += [text for text in ordered if runs[text] == text]
            tests = [f"contains({x}, {self.bind(run)})" for run in dict.fromkeys(first)]
            return tests + [f"contains(lower({x}), {self.bind(text)})" for text in folded]

        return build

    def _regex(self, node: Regex) -> _Build:
        compile_regex(node.pattern, cased=node.cased)
        pattern = self.bind(node.pattern)
        options = "s" if node.cased else "si"
        return lambda x: f"regexp_matches({x.text}, {pattern}, '{options}')"

    def _range(self, node: Range) -> _Build:
        kind = range_kind(node)
        checks = [(operator, self.bind(key)) for operator, key in range_bounds(node)]
        if not checks:
            return lambda x: f"{_key(kind, x)} IS NOT NULL"
        return lambda x: " AND ".join(f"{_key(kind, x)} {operator} {key}" for operator, key in checks)

    def _network(self, node: InNetwork) -> _Build:
        first, last = (self.bind(key) for key in network_bounds(node.network))
        octets = _octets(node.network)
        pattern = self.bind(octets) if octets else ""
        whole = _whole_octets(node.network) if octets else ""
        begins = f"starts_with({{x}}, {self.bind(whole)})" if whole else ""

        def build(value: Operand) -> str:
            x = value.text
            within = f"address_key({x}) BETWEEN {first} AND {last}"
            if not pattern:
                return within
            # Nearly every address is written as four numbers, which a pattern tells at a tenth of the cost.
            # Whether it begins like the network is cheaper still; one of IPv6 is of the network only when it
            # maps one of IPv4 (`::ffff:10.0.0.1`).
            matches = f"regexp_full_match({x}, {pattern})"
            if begins:
                matches = f"CASE WHEN {begins.format(x=x)} THEN {matches} ELSE FALSE END"
            mapped = f"CASE WHEN contains(lower({x}), ':ffff:') THEN {within} ELSE FALSE END"
            return f"CASE WHEN contains({x}, ':') THEN {mapped} ELSE {matches} END"

        return build

    def _words(self, words: tuple[str, ...]) -> _Build:
        # The regular expression alone says it all; the plain searches before it are much faster.
        holds = self._contains(words)
        # A pattern that knows all letters takes as long to compile as hundreds of messages to read. So what
        # is beyond ASCII is taken for no letter, then for one; where that differs, the text is cut.
        loose, strict = (self.bind(words_regex(words, letters)) for letters in (ASCII, BEYOND_ASCII))
        spaced = self.bind(f" {' '.join(words)} ")

        def build(value: Operand) -> str:
            x = value.text
            tests = [*holds(x), f"regexp_matches(lower({x}), {loose}, 's')"]
            cut = f"' ' || regexp_replace(lower({x}), '[^{WORD}]+', ' ', 'g') || ' '"
            strictly = f"regexp_matches(lower({x}), {strict}, 's')"
            return _in_order([*tests, f"CASE WHEN {strictly} THEN TRUE ELSE contains({cut}, {spaced}) END"])

        return build


_TELLING = 2
"""Characters that tell texts apart well enough to look for them first."""

_SHAPES = {
    "exact": "{x} = {value}",
    "prefix": "starts_with({x}, {value})",
    "suffix": "suffix({x}, {value})",
    "contains": "contains({x}, {value})",
    "pattern": "{x} LIKE {value} ESCAPE '\\'",
}


def _in_order(tests: Sequence[str]) -> str:
    """Return the condition that all tests hold, each tried only where those before it do.

    Of an AND the database tries the order as it goes, which costs more than it finds.
    """
    *before, last = tests
    return "".join(f"CASE WHEN {test} THEN " for test in before) + last + " ELSE FALSE END" * len(before)


_SAME = {
    "equals": "{} = {}",
    "startswith": "starts_with({}, {})",
    "endswith": "suffix({}, {})",
    "contains": "contains({}, {})",
}


def _key(kind: str, x: Operand) -> str:
    if kind == "date" and x.text == _ISO:
        return "at_us"
    if kind == "number" and x.number:
        return f"{x.number}::DOUBLE"
    return f"lower({x.text})" if kind == "text" else f"{kind}_key({x.text})"


def _whole_octets(network: str) -> str:
    """Return how the text of every address of an IPv4 network begins, as far as whole numbers go."""
    parsed = ip_network(network, strict=False)
    whole = min(parsed.prefixlen // 8, 3)
    return "".join(f"{number}." for number in str(parsed.network_address).split(".")[:whole])


def _octets(network: str) -> str:
    """Return an RE2 pattern for the addresses of an IPv4 network, or nothing for one of IPv6."""
    parsed = ip_network(network, strict=False)
    if not isinstance(parsed, IPv4Network):
        return ""
    whole, rest = divmod(parsed.prefixlen, 8)
    first = str(parsed.network_address).split(".")
    parts = first[:whole]
    if rest:
        low = int(first[whole])
        parts.append("(" + "|".join(str(number) for number in range(low, low + (1 << (8 - rest)))) + ")")
    parts += [OCTET] * (4 - len(parts))
    return r"\.".join(parts)
