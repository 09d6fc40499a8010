r"""Reader: the query language of Lucene, as people type it into Kibana, as a query tree.

    rule.level:>=7 AND source.ip:10.0.0.0/8 AND NOT user.name:(root OR admin*)
    "failed password" -message:/invalid user \w+/ @timestamp:[now-1d TO now} _exists_:source.ip

Words side by side must all hold; AND binds closer than OR. A word without a field is looked for in the
message. Boosts are ignored, since results are ordered by time; likeness and nearness (`~`) are refused.

Elasticsearch's `query_string` reads the same words by other rules (`classic`): AND, OR and NOT say of the
conditions beside them whether they must, may or must not hold, and none binds closer than another.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Literal

from tocsin.core.errors import InvalidError
from tocsin.core.fields import EVENT_ID, canonical, field_type
from tocsin.query.dates import Dates
from tocsin.query.lucene_scanner import Scanner
from tocsin.query.lucene_values import range_node, regex_node, value_node
from tocsin.query.patterns import QueryError, compile_regex
from tocsin.query.tree import And, Everything, Exists, Node, Not, OneOf, Or, Scalar, Term

_LONGEST = 100_000
_DEEPEST = 60
_MOST_CONDITIONS = 4_000


Joining = Literal["precedence", "or", "and"]
"""How conditions side by side are joined: ours, or Elasticsearch's with its default operator."""


def parse_lucene(
    text: str,
    *,
    now: int | None = None,
    dates: Dates | None = None,
    joining: Joining = "precedence",
    fields: Sequence[str] = (),
) -> Node:
    """Return the tree of a query; empty text selects everything.

    `now` is the instant `now` stands for in dates (microseconds), by default the present;
    `dates` says more about how they are read. `fields` are canonical names of where words without a field are
    looked for instead of the message. Raises
    `QueryError` with the place where the text stops making sense.
    """
    if len(text) > _LONGEST:
        raise QueryError(f"the query is longer than {_LONGEST} characters")
    dates = dates or Dates(time.time_ns() // 1000 if now is None else now)
    return _Parser(text, dates, joining, tuple(fields)).query()


class _Parser:
    """Recursive descent; every method leaves the scanner behind the white space after its piece."""

    def __init__(self, text: str, dates: Dates, joining: Joining, fields: tuple[str, ...]) -> None:
        self._scan = Scanner(text)
        self._dates = dates
        self._joining = joining
        self._fields = fields
        self._depth = 0
        self._conditions = 0

    def query(self) -> Node:
        self._scan.skip_space()
        if not self._scan.peek():
            return Everything()
        node = self._joined(None)
        if self._scan.peek():
            raise self._scan.error("this ) closes nothing: remove it, or write \\) for the character")
        return node

    def _joined(self, field: str | None) -> Node:
        return self._either(field) if self._joining == "precedence" else self._classic(field)

    def _classic(self, field: str | None) -> Node:
        """Read conditions as Lucene's classic parser does: each must, may or must not hold."""
        found: list[tuple[str, Node]] = []
        while True:
            operator = self._scan.operator() if found else ""
            if operator in {"AND", "OR"}:
                self._scan.skip_operator()
            plus = self._scan.sign() == "+"
            node = self._signed(field)
            occurs = "must" if plus or operator == "AND" else "may"
            if self._joining == "and" and operator != "OR":
                occurs = "must"
            if isinstance(node, Not):
                occurs, node = "not", node.arg
            if found and found[-1][0] != "not" and (operator == "AND" or self._joining == "and"):
                found[-1] = ("may" if operator == "OR" else "must", found[-1][1])
            found.append((occurs, node))
            if self._scan.peek() in ("", ")"):
                return _occurring(found)

    def _either(self, field: str | None) -> Node:
        args = [self._every(field)]
        while self._scan.operator() == "OR":
            self._scan.skip_operator()
            args.append(self._every(field))
        return _merged(args)

    def _every(self, field: str | None) -> Node:
        args = [self._signed(field)]
        while self._scan.peek() not in ("", ")") and self._scan.operator() != "OR":
            if self._scan.operator() == "AND":
                self._scan.skip_operator()
            args.append(self._signed(field))
        return args[0] if len(args) == 1 else And(tuple(args))

    def _signed(self, field: str | None) -> Node:
        negated = False
        while True:
            if self._scan.operator() == "NOT":
                self._scan.skip_operator()
                negated = not negated
            elif sign := self._scan.sign():
                self._scan.at += 1
                self._scan.skip_space()
                negated ^= sign != "+"
            else:
                break
        node = self._primary(field)
        return Not(node) if negated else node

    def _primary(self, field: str | None) -> Node:
        if (letter := self._scan.peek()) in ("", ")") or self._scan.operator():
            found = "the query ends" if not letter else f"{self._scan.operator() or letter} stands"
            raise self._scan.error(f"a condition is missing: {found} where one should be")
        if letter == "(":
            return self._group(field)
        start = self._scan.at
        written = self._scan.field()
        if not written:
            return self._value(field, start)
        if written == "_exists_":
            return self._exists(start)
        if self._scan.peek() in ("", ")"):
            raise self._scan.error(f"after {written}: a value is missing")
        if self._scan.peek() == "(":
            return self._group(canonical(written))
        return self._value(canonical(written), self._scan.at)

    def _group(self, field: str | None) -> Node:
        opened = self._scan.at
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._scan.error(f"more than {_DEEPEST} brackets stand within each other")
        self._scan.at += 1
        self._scan.skip_space()
        node = self._joined(field)
        if self._scan.peek() != ")":
            raise self._scan.error("this ( is never closed", opened)
        self._scan.at += 1
        self._scan.skip_boost()
        self._scan.skip_space()
        self._depth -= 1
        return node

    def _exists(self, start: int) -> Node:
        value = self._scan.quoted() if self._scan.peek() == '"' else self._scan.word()
        if not value.text or value.pattern is not None:
            raise self._scan.error("after _exists_: the name of a field is missing", start)
        return self._condition(lambda: Exists(canonical(value.text)), start)

    def _value(self, field: str | None, start: int) -> Node:
        scan = self._scan
        if scan.peek() in ("[", "{") and (field is not None or scan.is_range()):
            bounds = scan.range()
            scan.skip_boost()
            return self._condition(lambda: range_node(field, bounds, self._dates), start)
        if field is not None and (compared := scan.compared()):
            return self._condition(lambda: range_node(field, compared, self._dates), start)
        if scan.peek() == "/" and (pattern := scan.regex()) is not None:
            scan.skip_boost()
            return self._condition(lambda: self._somewhere(field, lambda f: self._regex(f, pattern)), start)
        value = scan.quoted() if scan.peek() == '"' else scan.word(plain_tilde=field == EVENT_ID)
        if value.pattern in ("*", "*:*") and field is None:
            return self._condition(Everything, start)
        return self._condition(
            lambda: self._somewhere(field, lambda name: value_node(name, value, self._dates)), start
        )

    def _somewhere(self, field: str | None, build: Callable[[str | None], Node]) -> Node:
        """Build a condition on its field; without one, on any of the fields that words are looked for in."""
        if field is not None or not self._fields:
            return build(field)
        nodes = tuple(build(name) for name in self._fields)
        return nodes[0] if len(nodes) == 1 else Or(nodes)

    def _regex(self, field: str | None, pattern: str) -> Node:
        compile_regex(pattern)
        if self._joining != "precedence" and (field is None or field_type(field) == "text"):
            pattern = f"(?i:{pattern})"  # Elasticsearch's texts are kept in lower case
        return regex_node(field, pattern)

    def _condition(self, build: Callable[[], Node], start: int) -> Node:
        """Build one condition, saying where it stands when its value is refused."""
        self._conditions += 1
        if self._conditions > _MOST_CONDITIONS:
            raise self._scan.error(f"the query has more than {_MOST_CONDITIONS} conditions", start)
        try:
            node = build()
        except (InvalidError, QueryError) as error:
            raise self._scan.error(error.message, start) from error
        self._scan.skip_space()
        return node


def _occurring(found: list[tuple[str, Node]]) -> Node:
    """Return what must hold and what must not; what may hold counts only when nothing must."""
    must = [node for occurs, node in found if occurs == "must"]
    may = [node for occurs, node in found if occurs == "may"]
    parts = must or ([_merged(may)] if may else [])
    parts += [Not(node) for occurs, node in found if occurs == "not"]
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _merged(args: list[Node]) -> Node:
    """Return the alternatives as one node; whole values of one field become `OneOf`, which is faster."""
    if len(args) == 1:
        return args[0]
    terms = [arg for arg in args if isinstance(arg, Term) and not arg.cased]
    if len(terms) == len(args) and len({term.field for term in terms}) == 1:
        values: tuple[Scalar, ...] = tuple(term.value for term in terms)
        return OneOf(terms[0].field, values)
    return Or(tuple(args))
