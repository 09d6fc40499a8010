"""The index of words leaves out no message that is selected, whatever the messages and the condition."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.queries import LETTERS
from tocsin.core.event import Event
from tocsin.query.fragments import need_of
from tocsin.query.patterns import escape_wildcard
from tocsin.query.predicate import compile_predicate
from tocsin.query.sql import to_sql
from tocsin.query.tree import And, Node, Not, Or, Text, Wildcard
from tocsin.store.words import gathering, writing
from tocsin.store.words.reading import index_of
from tocsin.store.words.writing import write_index

CONNECTION = duckdb.connect(":memory:", config={"threads": 1})
WORDS = [
    "failed",
    "Password",
    "user77",
    "10",
    "dead",
    "xk7",
    "größe",
    "ΣΊΣΥΦΟΣ",
    "İx",
    "\u212aelvin",
    "a_b",
    "日本",
]
LONG = ["w" * 62, "w" * 63, "w" * 64, "ab" * 40 + "needle" + "c" * 30]
pieces = st.one_of(st.sampled_from(WORDS), st.text(LETTERS, max_size=6), st.sampled_from(LONG))
GAPS = st.sampled_from([" ", "-", ": ", "", "\0", "\n", "\xa0", "…", "."])
messages = st.lists(st.tuples(pieces, GAPS), max_size=6).map(
    lambda pairs: "".join(word + gap for word, gap in pairs)
)
patterns = st.lists(st.one_of(st.just("*"), st.just("?"), pieces, GAPS), min_size=1, max_size=5).map("".join)
SPANS = st.tuples(st.integers(0, 11), st.integers(0, 40), st.integers(1, 40), st.sampled_from("*t_c"))
"""Which text, from where, how many characters, and how they are asked for."""
leaves = st.one_of(
    st.builds(Text, messages),
    st.builds(Wildcard, st.just("message"), patterns, st.booleans()),
    st.builds(lambda text: Wildcard("message", f"*{text}*"), pieces),
)
queries = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(And, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Not, inner),
    ),
    max_leaves=4,
)


def ask(sql: str, params: list[Any]) -> list[Any]:
    return CONNECTION.execute(sql, params).fetchall()


def written(texts: list[str], few: int) -> None:
    """Write events and their index, with common words even among so few."""
    for (name,) in ask("SELECT table_name FROM duckdb_tables()", []):
        ask(f"DROP TABLE {name}", [])
    ask("CREATE TABLE events AS SELECT unnest($1::VARCHAR[]) AS message", [texts])
    bounds = (patch.object(writing, "_FEW", few), patch.object(gathering, "_FEWEST_SAMPLED", 0))
    seed = patch.object(secrets, "token_bytes", lambda size: b"s" * size)
    with (
        seed,
        bounds[0],
        bounds[1],
        patch.object(gathering, "_SURELY", 2),
        patch.object(writing, "_SAMPLED", 4),
        patch.object(gathering, "MOST_TEXT", 200),
    ):
        write_index(CONNECTION, "memory", len(texts), Path(tempfile.gettempdir()), lambda: None)


def selected(query: Node, texts: list[str]) -> list[int]:
    selects: Callable[[Event], bool] = compile_predicate(query)
    return [row for row, text in enumerate(texts) if selects(Event("s", 1, 0, 0, text, {}))]


def taken(texts: list[str], span: tuple[int, int, int, str]) -> Node:
    """Return a query for a piece of one of the texts, which selects at least that as a rule."""
    place, start, length, how = span
    text = texts[place % len(texts)]
    piece = text[start % (len(text) + 1) :][:length]
    if how == "t":
        return Text(piece)
    mended = "*" + escape_wildcard(piece if how == "c" else piece.swapcase()) + "*"
    return Wildcard("message", mended.replace("e", "?") if how == "_" else mended, cased=how == "c")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(messages, min_size=1, max_size=12),
    st.lists(queries, max_size=4),
    st.lists(SPANS, min_size=4, max_size=12),
    st.integers(0, 9),
)
def test_every_selected_row_is_left(
    texts: list[str], asked: list[Node], spans: list[tuple[int, int, int, str]], few: int
) -> None:
    """By the rows an index gives, with the condition on them, the same events are selected as without."""
    written(texts, few)
    index = index_of("memory", ask)
    assert index is not None
    for query in [*asked, *(taken(texts, span) for span in spans)]:
        need = need_of(query)
        rows = None if need is None else index.rows(need, ask)
        expected = selected(query, texts)
        condition, params = to_sql(query)
        found = ask(f"SELECT rowid FROM events WHERE {condition} ORDER BY rowid", params)
        assert expected == [row for (row,) in found], query
        assert rows is None or set(expected) <= set(rows.tolist()), query


def test_an_index_is_of_use() -> None:
    """Rare words, parts of them and absent ones leave few rows or none; common ones leave all."""
    texts = [f"failed password for user{n} from {n:x}f" for n in range(200)] + ["x-needle7"]
    written(texts, 64)
    index = index_of("memory", ask)
    assert index is not None

    def rows(query: Node) -> list[int] | None:
        need = need_of(query)
        assert need is not None
        found = index.rows(need, ask)
        return None if found is None else found.tolist()

    assert [77] == rows(Text("Failed password for user77"))
    assert [200] == rows(Wildcard("message", "*needle*"))
    assert [7, *range(70, 80)] == rows(Wildcard("message", "* user7*"))[:11]
    assert [] == rows(Text("failed nowhere"))
    assert [] == rows(Wildcard("message", "*nowhere*"))
    assert rows(Text("failed password")) is None
    assert rows(Wildcard("message", "*passw*")) is None
    assert rows(Wildcard("message", "*3f*")) is None
    assert [3, 4] == rows(Or((Text("user3"), Text("user4"))))
