"""The history of the embedded log moves to OpenSearch: the same events, under the same commit numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harness.opensearch import indices
from tocsin.cli.main import add_groups, app
from tocsin.core.clock import DAY, ManualClock, from_iso
from tocsin.core.errors import ConflictError
from tocsin.core.event import Event
from tocsin.store.base import Batch, Selection, StoreError
from tocsin.store.comparing import compare
from tocsin.store.duckdb import DuckDBStore
from tocsin.store.opensearch.client import Access, Client
from tocsin.store.opensearch.document import document_id
from tocsin.store.opensearch.mapping import Layout
from tocsin.store.opensearch.replay import replay
from tocsin.store.opensearch.store import OpenSearchStore

NOON = from_iso("2026-11-24T12:00:00Z")


def events(source: str, first: int, count: int) -> list[Event]:
    return [
        Event(
            source,
            n,
            NOON + (n % 3) * DAY + n,
            NOON,
            f"line {n} \u00e9\x00",
            {"data.n": n, "data.f": n / 3, "a": "x", "a.b": ["l", n, True], "user.name": "Ann"},
            b"\xff\x00" if n % 5 == 0 else None,
        )
        for n in range(first, first + count)
    ]


@pytest.fixture
def layout(opensearch: str) -> Iterator[Layout]:
    """Indices of this test alone."""
    with indices(opensearch) as names:
        yield names


@pytest.fixture
def history(tmp_path: Path) -> Iterator[DuckDBStore]:
    """An embedded log of several days, sources and commits, with one day dropped."""
    store = DuckDBStore(tmp_path / "data" / "events", ManualClock(NOON))
    for first in range(1, 60, 10):
        for source in ("s", "agent:7/auth"):
            store.commit(Batch(source, events(source, first, 10), first + 9))
    store.commit(Batch("refused", (), 7))
    store.drop_day("2026-11-25")
    yield store
    store.close()


def test_history_moves_whole(history: DuckDBStore, opensearch: str, layout: Layout) -> None:
    """Marks, commit numbers and every event are the same; followers and sources go on as if nothing was."""
    target = OpenSearchStore(Access((opensearch,)), layout)
    assert history.count(Selection()) == list(target.replay(history))[-1].events
    compared = list(compare(history, target))
    assert ["2026-11-24", "2026-11-26"] == [one.day for one in compared]
    assert all(one.equal and one.source.events for one in compared)
    assert dict(history.marks()) == dict(target.marks())
    assert history.last_commit() == target.last_commit()
    assert history.follow(3, 1_000) == target.follow(3, 1_000)
    target.close()
    again = OpenSearchStore(Access((opensearch,)), layout)
    assert 7 == again.mark("refused")
    assert 0 == again.commit(Batch("s", events("s", 1, 10), 10)).stored
    assert history.last_commit() < again.commit(Batch("s", events("s", 61, 3), 63)).number
    with pytest.raises(ConflictError):
        next(again.replay(history))
    again.close()


def test_stopped_migration_goes_on(
    history: DuckDBStore, opensearch: str, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped at any step, it takes up where it was; until it is finished nothing else is written."""
    numbers = sorted({one.commit for one in history.follow(0, 10_000)})
    for stop in (1, 3):
        target = OpenSearchStore(Access((opensearch,)), layout)
        monkeypatch.setattr("tocsin.store.opensearch.store.replay", lambda *parts: replay(*parts, limit=15))
        steps = target.replay(history)
        reached = [next(steps).commit for _ in range(stop)][-1]
        steps.close()
        assert reached in numbers[1:-1]
        with pytest.raises(StoreError, match="migrate"):
            target.commit(Batch("new", [Event("new", 1, NOON, NOON, "m", {})], 1))
        target.close()
    target = OpenSearchStore(Access((opensearch,)), layout)
    moved = list(target.replay(history))[-1].events
    assert 0 < moved < history.count(Selection())
    assert all(one.equal for one in compare(history, target))
    assert history.follow(0, 10_000) == target.follow(0, 10_000)
    assert 1 == target.commit(Batch("new", [Event("new", 1, NOON, NOON, "m", {})], 1)).stored
    target.close()


def test_command_moves_and_compares(
    history: DuckDBStore, opensearch: str, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dry run writes nothing; the command moves, may be run again, and says which day differs."""
    total = history.count(Selection())
    last = history.get(["s~57"])[0]
    history.close()
    monkeypatch.chdir(tmp_path)
    Path("tocsin.toml").write_text(
        f'data = "{tmp_path}/data"\n[store]\nurl = "{opensearch}"\nprefix = "{layout.prefix}"\n'
    )

    def run(*more: str) -> tuple[int, Any]:
        done = CliRunner().invoke(app, ["store", "migrate", "--to", "opensearch", "--json", *more])
        return done.exit_code, json.loads(done.stdout)

    add_groups()
    assert (0, total) == (run("--dry-run")[0], run("--dry-run")[1]["events"])
    status, result = run()
    assert (0, total, total, 0) == (status, result["moved"], result["events"], result["different"])
    status, result = run()
    assert (0, 0, total) == (status, result["moved"], result["events"])
    client = Client(Access((opensearch,)))
    client.delete(f"{layout.index('2026-11-24')}/_doc/{document_id(last.id)}", refresh="true")
    client.close()
    status, result = run()
    assert (1, 1, "2026-11-24") == (status, result["different"], result["days"][0]["day"])
    assert not result["days"][0]["equal"]
