"""Columns of their own: which fields get one, of which type, and that values are kept once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tocsin.core.clock import DAY, ManualClock, from_iso
from tocsin.core.event import Event
from tocsin.query.lucene import parse_lucene
from tocsin.query.own_columns import OwnColumns, OwnField
from tocsin.query.tree import Not
from tocsin.store.base import Batch, Selection, StoreError
from tocsin.store.choosing import Bounds, Choice
from tocsin.store.duckdb import DuckDBStore
from tocsin.store.pages import fetch
from tocsin.store.sealing import Sealer

NOON = from_iso("2026-11-24T12:00:00Z")
OLD = "2026-11-20"
SMALL = Bounds(events=10, most=128, share=10, different=5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDBStore]:
    opened = DuckDBStore(tmp_path, ManualClock(NOON))
    yield opened
    opened.close()


def commit(store: DuckDBStore, fields: list[dict[str, Any]], first: int = 1) -> None:
    events = [Event("s", first + n, NOON - 4 * DAY + n, 0, "m", one) for n, one in enumerate(fields)]
    store.commit(Batch("s", events, events[-1].seq))


def seal(store: DuckDBStore, bounds: Bounds = SMALL) -> None:
    assert Sealer(store._days, 0, bounds=bounds).seal(OLD) is not None


def columns(store: DuckDBStore) -> tuple[OwnField, ...]:
    with store._days.lease(OLD) as file:
        assert file is not None
        return file.parts[0].own.fields


def maps(store: DuckDBStore) -> set[str]:
    """Return the names that are in the maps of a sealed day."""
    with store._days.lease(OLD) as file:
        assert file is not None
        names = f"SELECT unnest(map_keys(texts) || map_keys(lists)) FROM {file.parts[0].alias}.events"
        return {name for (name,) in fetch(store._days, names, [])}


def test_frequent_fields_get_columns(store: DuckDBStore) -> None:
    """Most frequent first, lists behind single values; their values are in no map any more."""
    commit(
        store,
        [
            {
                "a": "x",
                "tags": ["t", str(n)],
                **({"b": "y"} if n % 2 else {}),
                **({"c": "z"} if n == 7 else {}),
            }
            for n in range(20)
        ],
    )
    seal(store)
    assert (OwnField("a"), OwnField("b"), OwnField("tags", "VARCHAR[]")) == columns(store)
    assert {"c"} == maps(store)


def test_a_field_of_single_values_and_lists_has_two_columns(store: DuckDBStore) -> None:
    """Each value is in one of them."""
    commit(store, [{"a": n if n % 2 else [n, n]} for n in range(20)])
    seal(store)
    assert (OwnField("a", "BIGINT"), OwnField("a", "VARCHAR[]")) == columns(store)
    assert [[0, 0], 1, [2, 2]] == [found.fields["a"] for found in store.get(["s~1", "s~2", "s~3"])]
    assert 2 == store.count(Selection(parse_lucene("a:(4 OR 5)")))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (list(range(20)), "BIGINT"),
        ([str(n) for n in range(-9, 11)], "BIGINT"),
        ([n + 0.5 for n in range(20)], "DOUBLE"),
        ([n % 4 for n in range(20)], "VARCHAR"),
        ([*range(19), "n/a"], "VARCHAR"),
        ([*range(19), "007"], "VARCHAR"),
        ([*range(19), str(2**63)], "VARCHAR"),
        ([*range(19), 0.5], "VARCHAR"),
        ([*(n + 0.5 for n in range(19)), "1e999"], "VARCHAR"),
        ([*(n + 0.5 for n in range(19)), "2.50"], "VARCHAR"),
    ],
)
def test_numbers_are_held_as_numbers(store: DuckDBStore, values: list[object], kind: str) -> None:
    """When all values are, their text is what the database makes of them, and they are not few."""
    commit(store, [{"n": value} for value in values])
    before = [store.count(Selection(parse_lucene(f"n:{query}"))) for query in (">=3", "<0.75", "7", "0.5")]
    seal(store)
    assert kind == columns(store)[0].type
    assert before == [
        store.count(Selection(parse_lucene(f"n:{query}"))) for query in (">=3", "<0.75", "7", "0.5")
    ]
    assert values == [found.fields["n"] for found in store.search(Selection(), order="oldest").events]


def test_however_many_fields_there_are_columns_are_bounded(store: DuckDBStore) -> None:
    """The most frequent have them, and names break ties."""
    commit(store, [{f"f{n:03}": n, "a": 1} for n in range(300)])
    seal(store, Bounds(events=10, most=3, share=1_000))
    assert ["a", "f000", "f001"] == [one.name for one in columns(store)]
    assert 298 == len(maps(store))
    assert 1 == store.count(Selection(parse_lucene("f299:299")))


def test_small_days_have_none(store: DuckDBStore) -> None:
    """They are read soon enough."""
    commit(store, [{"a": 1}] * 9)
    seal(store)
    assert () == columns(store)
    assert {"a"} == maps(store)


def test_a_day_sealed_again_keeps_its_columns(store: DuckDBStore) -> None:
    """With what came late among them, whatever that is; others come behind, as many as there is room for."""
    commit(store, [{"a": n, "own_0": "x"} for n in range(20)])
    seal(store)
    assert (OwnField("a", "BIGINT"), OwnField("own_0")) == columns(store)
    commit(store, [{"a": "late", "b": 1, "c": 2}] * 20, first=100)
    seal(store, Bounds(events=10, most=3, share=10))
    assert (OwnField("a"), OwnField("own_0"), OwnField("b")) == columns(store)
    assert 20 == store.count(Selection(parse_lucene("a:late AND b:1 AND c:2")))
    assert 1 == store.count(Selection(parse_lucene("a:7")))
    assert Sealer(store._days, 0, bounds=SMALL).seal(OLD, Not(parse_lucene("a:late"))) is not None
    assert ("a", "BIGINT") == (columns(store)[0].name, columns(store)[0].type)
    assert 20 == store.count(Selection())


def test_with_little_memory_there_are_fewer_columns(
    store: DuckDBStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day is sealed with those there is memory for, and with none if it must be."""
    commit(store, [{f"f{field}": n for field in range(8)} for n in range(20)])
    tried: list[int] = []
    made = Choice.columns

    def within(choice: Choice, bounds: Bounds) -> OwnColumns:
        tried.append(bounds.most)
        if bounds.most > allowed[-1]:
            raise duckdb.OutOfMemoryException("too many")
        return made(choice, bounds)

    monkeypatch.setattr(Choice, "columns", within)
    allowed: list[int] = []
    for most in (2, 0):
        allowed.append(most)
        seal(store, Bounds(events=10, most=8))
        assert 20 == store.count(Selection(parse_lucene("f7:>=0")))
    assert [8, 2, 8, 2, 0] == tried
    assert 2 == len(columns(store))


def of_layout(path: Path, version: int) -> None:
    """Make a file look as the version before wrote it."""
    path.chmod(0o600)
    with duckdb.connect(str(path)) as connection:
        connection.execute("DROP TABLE layout")
        connection.execute("CREATE TABLE layout (version INTEGER NOT NULL)")
        connection.execute(f"INSERT INTO layout VALUES ({version})")


def test_days_of_earlier_layouts_are_read_and_written(tmp_path: Path) -> None:
    """A sealed one beside late events, an open one that goes on, and both sealed anew with columns."""
    store = DuckDBStore(tmp_path, ManualClock(NOON))
    commit(store, [{"a": n} for n in range(20)])
    seal(store, Bounds(events=10**9))
    commit(store, [{"a": n} for n in range(20, 40)], first=21)
    store.close()
    for path in (tmp_path / "days").iterdir():
        of_layout(path, 2)
    store = DuckDBStore(tmp_path, ManualClock(NOON))
    commit(store, [{"a": n} for n in range(40, 50)], first=41)
    assert 20 == store.count(Selection(parse_lucene("a:>=30")))
    seal(store)
    assert (OwnField("a", "BIGINT"),) == columns(store)
    assert 20 == store.count(Selection(parse_lucene("a:>=30")))
    store.close()


@pytest.mark.parametrize("said", ["nonsense", '[["a", "VARCHAR DEFAULT evil()"]]'])
def test_a_file_that_says_nonsense_of_its_columns_is_refused(tmp_path: Path, said: str) -> None:
    """As every file that cannot be opened is."""
    store = DuckDBStore(tmp_path, ManualClock(NOON))
    commit(store, [{"a": 1}])
    store.close()
    (path,) = (tmp_path / "days").iterdir()
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE layout SET own = $1", [said])
    with pytest.raises(StoreError, match="cannot be opened"):
        DuckDBStore(tmp_path, ManualClock(NOON)).count(Selection())
