"""A rule and a search with the same tree select the same events."""

from __future__ import annotations

import json

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.queries import events, trees
from tocsin.core.event import Event
from tocsin.query.predicate import compile_predicate
from tocsin.query.sql import COLUMNS, to_sql
from tocsin.query.sql_macros import MACROS
from tocsin.query.tree import Node
from tocsin.query.values import text_of


def _connect() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config={"threads": 1})
    connection.execute("SET TimeZone = 'UTC'")
    for macro in MACROS:
        connection.execute(macro)
    columns = ", ".join(f"{column} VARCHAR" for column in COLUMNS.values())
    connection.execute(
        "CREATE TABLE events (n INTEGER, at_us BIGINT, source VARCHAR, seq BIGINT, message VARCHAR,"
        f" {columns}, texts MAP(VARCHAR, VARCHAR), lists MAP(VARCHAR, VARCHAR[]))"
    )
    return connection


CONNECTION = _connect()


def _insert(number: int, event: Event) -> None:
    single = {name: text_of(value) for name, value in event.fields.items() if not isinstance(value, list)}
    lists = {n: [text_of(e) for e in v] for n, v in event.fields.items() if isinstance(v, list)}
    row = [number, event.at, event.source, event.seq, event.message]
    row += [single.pop(name, None) for name in COLUMNS]
    marks = ", ".join("?" * len(row))
    CONNECTION.execute(
        f"INSERT INTO events SELECT {marks},"
        " ?::JSON::MAP(VARCHAR, VARCHAR), ?::JSON::MAP(VARCHAR, VARCHAR[])",
        [*row, json.dumps(single), json.dumps(lists)],
    )


@settings(max_examples=25, deadline=None)
@given(st.lists(events, min_size=1, max_size=3), st.lists(trees, min_size=1, max_size=6))
def test_predicate_and_sql_select_the_same_events(chosen: list[Event], asked: list[Node]) -> None:
    """For any events and any tree, the predicate and the database agree on every event."""
    CONNECTION.execute("DELETE FROM events")
    for number, event in enumerate(chosen):
        _insert(number, event)
    listed = {name for event in chosen for name, value in event.fields.items() if isinstance(value, list)}
    for tree in asked:
        selects = compile_predicate(tree)
        expected = [number for number, event in enumerate(chosen) if selects(event)]
        for known in (None, listed):
            condition, params = to_sql(tree, listed=known)
            rows = CONNECTION.execute(f"SELECT n FROM events WHERE {condition} ORDER BY n", params).fetchall()
            assert expected == [row[0] for row in rows], tree
