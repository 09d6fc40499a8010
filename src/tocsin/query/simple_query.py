r"""Reader: Elasticsearch's `simple_query_string`, which refuses no text but one that asks for likeness.

`+` and, `|` or, `-` not, `"a phrase"`, `prefix*`, brackets; `\` takes the next character literally.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress

from tocsin.core.errors import InvalidError
from tocsin.query.dates import Dates
from tocsin.query.lucene_values import Written, value_node
from tocsin.query.patterns import escape_wildcard, words_of
from tocsin.query.tree import And, Everything, Node, Not, Nothing, Or

_PIECE = re.compile(r'\s+|[+|()-]|"(?:\\.|[^"\\])*"?|(?:\\.|[^\s+|()"\\]|(?<=\S)[+-])+|.', re.DOTALL)
_LIKENESS = re.compile(r"(?:.*[^\\])?~\d*", re.DOTALL)
_LONGEST = 100_000
_DEEPEST = 60


def parse_simple(text: str, *, fields: Sequence[str], dates: Dates, all_of: bool = False) -> Node:
    """Return the tree of a text; `all_of` joins words that have no operator between them by and.

    Text without a word, and text beyond the limits of size and depth, selects nothing. Raises `InvalidError`
    for words that need only be like one (`word~`) or near each other (`"a phrase"~2`).
    """
    if len(text) > _LONGEST:
        return Nothing()
    if text.strip() == "*":
        return Everything()
    pieces = [piece for piece in _PIECE.findall(text) if piece.strip()]
    if max(_depths(pieces), default=0) > _DEEPEST:
        return Nothing()
    return _Parser(pieces, fields, dates, all_of=all_of).group() or Nothing()


def _depths(pieces: Sequence[str]) -> list[int]:
    depth, found = 0, []
    for piece in pieces:
        depth += (piece == "(") - (piece == ")" and depth > 0)
        found.append(depth)
    return found


class _Parser:
    def __init__(self, pieces: Sequence[str], fields: Sequence[str], dates: Dates, *, all_of: bool) -> None:
        self._pieces = pieces
        self._fields = fields
        self._dates = dates
        self._all_of = all_of
        self._at = 0

    def group(self) -> Node | None:
        """Read up to the bracket that closes; operators bind from left to right."""
        found: Node | None = None
        joined = ""
        while self._at < len(self._pieces):
            piece = self._pieces[self._at]
            self._at += 1
            if piece == ")":
                break
            if piece in {"+", "|"}:
                joined = piece
                continue
            node = self._negated() if piece == "-" else self._one(piece)
            if node is not None:
                found = node if found is None else self._join(found, node, joined)
                joined = ""
        return found

    def _join(self, first: Node, second: Node, operator: str) -> Node:
        if operator == "+" or (not operator and self._all_of):
            return And((first, second))
        return Or((first, second))

    def _negated(self) -> Node | None:
        if self._at >= len(self._pieces):
            return None
        piece = self._pieces[self._at]
        if piece in {"+", "|", ")"}:
            return None
        self._at += 1
        node = self._negated() if piece == "-" else self._one(piece)
        return None if node is None else Not(node)

    def _one(self, piece: str) -> Node | None:
        if piece == "(":
            return self.group()
        quoted = piece.startswith('"')
        if not quoted and _LIKENESS.fullmatch(piece):
            raise InvalidError(f"simple_query_string: {piece[:80]}: likeness (~) is not supported, write \\~")
        plain = re.sub(r"\\(.)", r"\1", piece.strip('"') if quoted else piece)
        if quoted or not piece.endswith("*"):
            return self._somewhere(Written(plain)) if words_of(plain) else None
        stem = plain.removesuffix("*")
        return self._somewhere(Written(stem, escape_wildcard(stem) + "*")) if words_of(stem) else None

    def _somewhere(self, value: Written) -> Node:
        nodes: list[Node] = []
        for name in self._fields:
            with suppress(InvalidError):  # what can be no date, say, is not found in a field of dates
                nodes.append(value_node(name, value, self._dates))
        return nodes[0] if len(nodes) == 1 else Or(tuple(nodes))
