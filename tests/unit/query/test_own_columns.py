"""Conditions over columns of a table's own."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tocsin.query.lucene import parse_lucene
from tocsin.query.own_columns import OwnColumns, OwnField, whole_number
from tocsin.query.sql import Writer
from tocsin.query.sql_macros import MACROS

OWN = OwnColumns(
    (
        OwnField("url.path"),
        OwnField("process.pid", "BIGINT"),
        OwnField("rt", "DOUBLE"),
        OwnField("tags", "VARCHAR[]"),
        OwnField("process.pid", "VARCHAR[]"),
    )
)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    made = duckdb.connect()
    for macro in MACROS:
        made.execute(macro)
    made.execute(
        "CREATE TABLE events AS SELECT * FROM (VALUES"
        " (1, '/a/V2', 7, 0.5, ['x'], NULL, MAP {'other': 'y'}),"
        " (2, '/b', 9223372036854775807, 100.0, NULL, NULL, MAP {}),"
        " (3, NULL, NULL, NULL, ['X', 'z'], ['7', '008'], MAP {}),"
        " (4, NULL, -3, NULL, NULL, NULL, MAP {})"
        ") AS t(n, own_0, own_1, own_2, own_3, own_4, texts)"
    )
    made.execute("ALTER TABLE events ADD COLUMN lists MAP(VARCHAR, VARCHAR[])")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("url.path:*v2", [1]),
        ("url.path:\\/b", [2]),
        ("process.pid:7", [1, 3]),
        ("process.pid:(8 OR 008)", [3]),
        ("process.pid:07", []),
        ("process.pid:9223372036854775807", [2]),
        ("process.pid:9223372036854775808", []),
        ("process.pid:<7", [4]),
        ("process.pid:>=7", [1, 2, 3]),
        ("process.pid:-3", [4]),
        ("process.pid:*3*", [2, 4]),
        ("NOT process.pid:7", [2, 4]),
        ("rt:0.5", [1]),
        ("rt:100", []),
        ("rt:>=100", [2]),
        ("tags:x", [1, 3]),
        ("_exists_:tags", [1, 3]),
        ("_exists_:process.pid", [1, 2, 3, 4]),
        ("other:y", [1]),
    ],
)
def test_what_is_selected(connection: duckdb.DuckDBPyConnection, query: str, expected: list[int]) -> None:
    """As if the values were texts in the maps; every parameter is used."""
    writer = Writer(listed={"tags", "process.pid"}, own=OWN)
    condition = writer.condition(parse_lucene(query))
    rows = connection.execute(f"SELECT n FROM events WHERE {condition} ORDER BY n", writer.params).fetchall()
    assert expected == [n for (n,) in rows]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-1", -1),
        ("-0", None),
        ("007", None),
        ("+1", None),
        ("1.0", None),
        (" 1", None),
        ("1\n", None),
        ("", None),
        ("٣", None),
        (str(2**63 - 1), 2**63 - 1),
        (str(2**63), None),
        (str(-(2**63)), -(2**63)),
        ("9" * 5_000, None),
    ],
)
def test_whole_numbers_are_those_written_as_the_database_writes_them(text: str, number: int | None) -> None:
    """Others are in no column of whole numbers."""
    assert number == whole_number(text)


def test_beside_a_part_without_them_numbers_are_texts() -> None:
    """Lists stay lists, and the columns keep their names."""
    untyped = OWN.untyped()
    assert OWN.names == untyped.names
    assert ["VARCHAR", "VARCHAR", "VARCHAR", "VARCHAR[]", "VARCHAR[]"] == [one.type for one in untyped.fields]
