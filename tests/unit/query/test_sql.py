"""Texts are found whatever their case, by the database as by the predicate, however they are looked for."""

from __future__ import annotations

import duckdb
import pytest

from tocsin.core.event import Event
from tocsin.query.patterns import caseless
from tocsin.query.predicate import compile_predicate
from tocsin.query.sql import COLUMNS, to_sql
from tocsin.query.sql_macros import MACROS
from tocsin.query.tree import Node, Not, Range, Text, Wildcard

TEXTS = (
    "Failed password for USER77 from 10.0.0.7",
    "failed  PASSWORD for user78 and user77x",
    "10.0.0.1 10.0.0.12",
    "XK7-NEEDLE xk7_needle",
    "\u212a7-77 \u0130.7 \u017f77",  # a Kelvin sign, an I with a dot, a long s
    "Failed password for user77\xe9",  # a letter behind the last word, then other signs around words
    "\xabfailed\u2026password\xa0for user77\xbb",
    "\xe9failed password for user77, failed password for user77\u0660",
    "die Gr\xf6\xdfe\u2013user77",
    "die Gr\xf6\xdfen\u2013user77",
    "",
)
QUERIES: list[Node] = [
    Text("failed password for user77"),
    Text("10 0 0 1"),
    Text("k7 77"),
    Text("user77 10 0 0 7", "url.path"),
    Text("gr\xf6\xdfe user77"),
    *(
        Wildcard("message", f"*{text}*")
        for text in ("k7-", "10.0.0.1", "ER77", "i\u0307.7", "i.7", "s77", "7")
    ),
    *(Wildcard("url.path", f"*{text}*") for text in ("K7-n", "10.0.0.1", "pass", "user77")),
    Wildcard("message", "*ER77*", cased=True),
]


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as made:
        made.execute("SET TimeZone = 'UTC'")
        for macro in MACROS:
            made.execute(macro)
        columns = ", ".join(f"{column} VARCHAR" for column in COLUMNS.values())
        made.execute(
            "CREATE TABLE events (seq BIGINT, at_us BIGINT, source VARCHAR, message VARCHAR,"
            f" {columns}, texts MAP(VARCHAR, VARCHAR), lists MAP(VARCHAR, VARCHAR[]))"
        )
        for seq, text in enumerate(TEXTS):
            made.execute(
                "INSERT INTO events (seq, at_us, source, message, texts, lists)"
                " VALUES ($1, 0, 's', $2, MAP {'url.path': $2}, MAP {})",
                [seq, text],
            )
        yield made


@pytest.mark.parametrize("query", QUERIES, ids=str)
@pytest.mark.parametrize("negated", [False, True])
@pytest.mark.parametrize("listed", [(), ("url.path",)])
def test_database_and_predicate_find_the_same_texts(connection, query, negated, listed) -> None:
    """What is looked for first leaves nothing out, in a column or not, and its opposite is the rest."""
    tree = Not(query) if negated else query
    condition, params = to_sql(tree, listed=listed)
    rows = connection.execute(f"SELECT seq FROM events WHERE {condition} ORDER BY seq", params).fetchall()
    selects = compile_predicate(tree)
    events = [Event("s", seq, 0, 0, text, {"url.path": text}) for seq, text in enumerate(TEXTS)]
    assert [seq for (seq,) in rows] == [event.seq for event in events if selects(event)]


@pytest.mark.parametrize(
    ("text", "run"),
    [("xk7-needle", "7-"), ("user77", "77"), ("10.0.0.1", "10.0.0.1"), ("é1", "1"), ("k", "")],
)
def test_caseless_run_is_the_longest_without_letters(text: str, run: str) -> None:
    """Letters of any alphabet end a run, since another character may be their upper case."""
    assert caseless(text) == run


@pytest.mark.parametrize(
    "text",
    [
        *("5", "-5", "-0", "007", "5.0", " 5", "9223372036854775808", "1e3", "+7", "0x10"),
        *("1" * 300, "0" * 301, f"1.{'0' * 298}", f"1.{'0' * 299}"),
    ],
)
def test_numbers_are_the_same_to_both(connection, text: str) -> None:
    """A number written in whatever way is compared as the predicate compares it."""
    rows = connection.execute("SELECT number_key($1)", [text]).fetchall()
    tree = Range("process.pid", gte=-(10**30))
    event = Event("s", 1, 0, 0, "", {"process.pid": text})
    assert (rows[0][0] is not None) == compile_predicate(tree)(event)
    assert rows[0][0] is None or rows[0][0] == float(text)
