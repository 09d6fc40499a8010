"""A question that takes too long is broken off."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import duckdb
import pytest

from harness.waiting import PATIENCE_S
from tocsin.core.clock import ManualClock, from_iso
from tocsin.core.event import Event
from tocsin.query.tree import Regex
from tocsin.store.base import Batch, Selection
from tocsin.store.deadlines import Deadlines, SearchTimeoutError
from tocsin.store.duckdb import DuckDBStore

NOON = from_iso("2026-11-24T12:00:00Z")
FOREVER = "SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE (a.range * b.range) % 7 = 3"


def test_a_statement_is_interrupted_and_the_connection_works_on() -> None:
    """Within a fraction of a second of its time; the next question is answered."""
    deadlines = Deadlines(0.05)
    connection = duckdb.connect(":memory:", config={"threads": 1})
    began = time.monotonic()
    with (
        pytest.raises(SearchTimeoutError, match=r"0\.05 s"),
        deadlines.question(),
        deadlines.statement(connection),
    ):
        connection.execute(FOREVER).fetchall()
    assert time.monotonic() - began < PATIENCE_S
    with deadlines.question(), deadlines.statement(connection):
        assert [(1,)] == connection.execute("SELECT 1").fetchall()
    connection.close()


def test_statement_that_begins_as_the_time_ends_is_interrupted_too() -> None:
    """An interrupt that comes when the statement is about to begin is not the last one."""
    deadlines = Deadlines(0.02)
    connection = duckdb.connect(":memory:", config={"threads": 1})
    last_resort = threading.Timer(PATIENCE_S, connection.interrupt)
    last_resort.start()
    began = time.monotonic()
    with pytest.raises(SearchTimeoutError), deadlines.question(), deadlines.statement(connection):
        threading.Event().wait(0.05)
        connection.execute(FOREVER).fetchall()
    assert time.monotonic() - began < PATIENCE_S
    last_resort.cancel()
    connection.close()


def test_no_statement_begins_after_the_end() -> None:
    """A question ends between two statements too; one within another is part of it."""
    deadlines = Deadlines(0.02)
    connection = duckdb.connect(":memory:")
    with deadlines.question(), deadlines.question():
        threading.Event().wait(0.03)
        with pytest.raises(SearchTimeoutError), deadlines.statement(connection):
            pytest.fail("it began")
    connection.close()


def test_the_log_says_so(tmp_path: Path) -> None:
    """Searching, counting and aggregating are bounded; an export is not."""
    store = DuckDBStore(tmp_path / "log", ManualClock(NOON), search_timeout_s=1e-9)
    store.commit(Batch("s", [Event("s", 1, NOON, NOON, "x", {})], 1))
    slow = Selection(Regex("message", "x"))
    for ask in (store.search, store.count, lambda of: store.aggregate(of, []) or store.count(of)):
        with pytest.raises(SearchTimeoutError):
            ask(slow)
    assert 1 == sum(len(page) for page in store.scan(slow))
    assert 1 == len(store.follow(0))
    store.close()
