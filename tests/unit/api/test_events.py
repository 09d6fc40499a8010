"""Routes of the event log."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.unit.api.conftest import ClientAs

from tocsin.api import events
from tocsin.api.export_gate import MOST_EXPORTS
from tocsin.core.clock import HOUR, ManualClock, from_iso
from tocsin.core.event import Event
from tocsin.store.base import Batch
from tocsin.store.duckdb import DuckDBStore

NOON = from_iso("2026-11-24T12:00:00Z")
SOURCE = "file:/var/log/auth.log"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDBStore]:
    """A log of four events, one an hour until eleven."""
    store = DuckDBStore(tmp_path / "log", ManualClock(NOON), threads=1)
    rows = [
        ("=cmd|' /C calc'!A0", {"source.ip": "10.0.0.1", "host.name": "h", "data.n": -5}),
        ("Failed password", {"source.ip": "10.0.0.2", "host.name": "h", "rule.groups": ["a", "b"]}),
        ("Failed password", {"source.ip": "10.0.0.2", "host.name": "h", "user.name": "-root"}),
        ("other", {"host.name": "h2"}),
    ]
    batch = [
        Event(SOURCE, seq, NOON - (5 - seq) * HOUR, NOON, message, fields)
        for seq, (message, fields) in enumerate(rows, 1)
    ]
    store.commit(Batch(SOURCE, batch, 4))
    yield store
    store.close()


@pytest.fixture
def client(client_as: ClientAs, store: DuckDBStore) -> TestClient:
    """A client that may read."""
    return client_as("read-only", [events.router], store=store)


def test_searches_in_pages(client: TestClient) -> None:
    """Query, order, limit and cursor; aliases are understood."""
    body = client.get("/api/v1/events", params={"q": "data.srcip:10.0.0.2", "limit": 1}).json()
    (item,) = body["items"]
    assert f"{SOURCE}~3" == item["id"]
    assert "2026-11-24T10:00:00.000000Z" == item["@timestamp"]
    assert "10.0.0.2" == item["document"]["source"]["ip"] == item["fields"]["source.ip"]
    params = {"q": "data.srcip:10.0.0.2", "limit": 1, "cursor": body["next"]}
    rest = client.get("/api/v1/events", params=params).json()
    assert [2] == [found["sequence"] for found in rest["items"]]
    assert rest["next"] is None
    oldest = client.get("/api/v1/events", params={"order": "oldest", "from": "now-3h", "to": "now-1h"}).json()
    assert [2, 3] == [found["sequence"] for found in oldest["items"]]


def test_relative_times_stand_still_over_pages(client: TestClient, clock: ManualClock) -> None:
    """The second page means the same span as the first, however late it is asked for."""
    params = {"from": "now-4h", "q": "@timestamp:<now", "limit": "3"}
    first = client.get("/api/v1/events", params=params).json()
    clock.advance(2 * HOUR)
    rest = client.get("/api/v1/events", params={**params, "cursor": first["next"]}).json()
    assert [4, 3, 2, 1] == [item["sequence"] for item in first["items"] + rest["items"]]


def test_wrong_query_says_where(client: TestClient) -> None:
    """A query that makes no sense: 400, code `query`, and the place."""
    answer = client.get("/api/v1/events", params={"q": "a AND"})
    assert 400 == answer.status_code
    assert "query" == answer.json()["code"]
    assert {"offset": 5, "line": 1, "column": 6} == answer.json()["position"]


@pytest.mark.parametrize(
    "params",
    [{"from": "yesterday"}, {"cursor": "junk"}, {"cursor": "1.00"}, {"limit": "501"}, {"order": "up"}],
)
def test_wrong_parameters_are_refused(client: TestClient, params: dict[str, str]) -> None:
    """Each wrong parameter is answered with 400."""
    assert 400 == client.get("/api/v1/events", params=params).status_code


def test_counts(client: TestClient) -> None:
    """Count, histogram and commonest values of the same selection agree."""
    params = {"q": "failed", "from": "now-24h", "to": "now"}
    assert {"count": 2} == client.get("/api/v1/events/count", params=params).json()
    body = client.get("/api/v1/events/histogram", params={**params, "buckets": 24}).json()
    assert {"width_us": HOUR, "total": 2} == {name: body[name] for name in ("width_us", "total")}
    assert {"start": "2026-11-24T09:00:00.000000Z", "count": 1} == body["items"][0]
    top = client.get("/api/v1/events/top", params={**params, "field": "data.srcip"}).json()
    assert [{"value": "10.0.0.2", "count": 2}] == top["items"]
    whole = client.get("/api/v1/events/histogram").json()
    assert 4 == whole["total"]


def test_completes_what_is_typed(client: TestClient) -> None:
    """The commonest values that begin so, by any name of the field; no pattern is read into the prefix."""
    everything = client.get("/api/v1/events/suggest", params={"field": "source.ip"}).json()["items"]
    assert {"10.0.0.2"} <= {one["value"] for one in everything}
    begun = client.get("/api/v1/events/suggest", params={"field": "data.srcip", "prefix": "10.0.0.2"}).json()
    assert ("source.ip", ["10.0.0.2"]) == (begun["field"], [one["value"] for one in begun["items"]])
    assert (
        []
        == client.get("/api/v1/events/suggest", params={"field": "source.ip", "prefix": "10.*"}).json()[
            "items"
        ]
    )


def test_histogram_of_no_time_is_refused(client: TestClient) -> None:
    """`from` must lie before `to`."""
    params = {"from": "now", "to": "now-1h"}
    assert 400 == client.get("/api/v1/events/histogram", params=params).status_code


def test_tells_fields(client: TestClient) -> None:
    """Each field with its type, count and other names."""
    items = {item["name"]: item for item in client.get("/api/v1/events/fields").json()["items"]}
    assert ("ip", 3) == (items["source.ip"]["type"], items["source.ip"]["count"])
    assert ["data.srcip"] == items["source.ip"]["aliases"]


def test_one_event_and_its_surroundings(client: TestClient) -> None:
    """An identifier may hold slashes; neighbours are of the same host."""
    assert 2 == client.get(f"/api/v1/events/{SOURCE}~2").json()["sequence"]
    body = client.get(f"/api/v1/events/{SOURCE}~2/around", params={"before": 5, "after": 5}).json()
    assert [1, 2, 3] == [item["sequence"] for item in body["items"]]
    assert 404 == client.get(f"/api/v1/events/{SOURCE}~9").status_code
    assert 404 == client.get(f"/api/v1/events/{SOURCE}~9/around").status_code


def test_exports_json_lines(client: TestClient) -> None:
    """One document a line, oldest first."""
    answer = client.get("/api/v1/events/export")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [1, 2, 3, 4] == [line["sequence"] for line in lines]
    assert "attachment" in answer.headers["content-disposition"]


def test_exports_csv_without_formulas(client: TestClient) -> None:
    """Text that a spreadsheet would run is defused; numbers stay numbers; lists are joined."""
    answer = client.get("/api/v1/events/export", params={"format": "csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert ["timestamp", "_id", "message"] == list(rows[0])[:3]
    assert "'=cmd|' /C calc'!A0" == rows[0]["message"]
    assert "-5" == rows[0]["data.n"]
    assert "a, b" == rows[1]["rule.groups"]
    assert "'-root" == rows[2]["user.name"]
    chosen = client.get("/api/v1/events/export", params={"format": "csv", "columns": "data.srcip, message"})
    assert "source.ip,message" == chosen.text.splitlines()[0]


def test_export_of_a_wrong_query_is_an_error(client: TestClient) -> None:
    """An error before the first line is answered as one."""
    assert 400 == client.get("/api/v1/events/export", params={"q": "("}).status_code


def test_tells_days(client: TestClient) -> None:
    """The days kept and the newest commit."""
    body = client.get("/api/v1/store").json()
    assert 1 == body["last_commit"]
    assert ("2026-11-24", 4, 1, 1) == tuple(
        body["days"][0][name] for name in ("day", "events", "first_commit", "last_commit")
    )


@pytest.mark.parametrize("path", ["events", "events/count", "events/export", "events/x~1", "store"])
def test_needs_the_permission(client_as: Callable[..., TestClient], store: DuckDBStore, path: str) -> None:
    """Nobody reads events without a key, nor with the role of an agent."""
    assert 401 == client_as(None, [events.router], store=store).get(f"/api/v1/{path}").status_code
    assert 403 == client_as("agent", [events.router], store=store).get(f"/api/v1/{path}").status_code


def test_one_event_as_wazuh_would_show_it(client: TestClient) -> None:
    """The same event in the form of an alert of Wazuh's."""
    body = client.get(f"/api/v1/events/{SOURCE}~2", params={"format": "wazuh"}).json()
    assert body["timestamp"] == "2026-11-24T09:00:00.000+0000"
    assert body["data"] == {"srcip": "10.0.0.2"}
    assert (body["full_log"], body["agent"]["id"]) == ("Failed password", "000")
    assert client.get(f"/api/v1/events/{SOURCE}~2", params={"format": "xml"}).status_code == 400


def test_exports_as_wazuhs_alerts(client: TestClient) -> None:
    """One document a line, for what reads `alerts.json`."""
    found = client.get("/api/v1/events/export", params={"q": "data.srcip:10.0.0.2", "format": "wazuh"})
    assert 'filename="alerts.json"' in found.headers["content-disposition"]
    assert ["10.0.0.2"] * 2 == [json.loads(line)["data"]["srcip"] for line in found.text.splitlines()]


def test_counts_over_time_by_a_width_and_a_field(client: TestClient) -> None:
    """The step asked for, or the next that is not too fine; each step says how often it has each value."""
    params = {"from": "now-24h", "to": "now", "width": "3h", "by": "data.srcip"}
    body = client.get("/api/v1/events/histogram", params=params).json()
    assert (3 * HOUR, "source.ip", ["10.0.0.2", "10.0.0.1"]) == (
        body["width_us"],
        body["field"],
        body["values"],
    )
    assert [
        ("2026-11-24T06:00:00.000000Z", 1, [0, 1]),
        ("2026-11-24T09:00:00.000000Z", 3, [2, 0]),
    ] == [(item["start"], item["count"], item["parts"]) for item in body["items"]]
    fine = client.get("/api/v1/events/histogram", params={**params, "width": "1s"}).json()
    assert 2 * 60_000_000 == fine["width_us"]  # 86,400 steps are too many
    assert 400 == client.get("/api/v1/events/histogram", params={**params, "width": "1ms"}).status_code
    none = client.get("/api/v1/events/histogram", params={**params, "by": "no.such"}).json()
    assert ([], 4) == (none["values"], none["total"])


def test_commonest_values_say_of_how_many(client: TestClient) -> None:
    """The share of a value is told of all events selected, and of those that have the field."""
    body = client.get("/api/v1/events/top", params={"field": "source.ip"}).json()
    assert (4, 3) == (body["total"], body["present"])


def test_neighbours_of_the_same_source(client: TestClient) -> None:
    """With `by=source` the lines beside it, whatever their host."""
    path = f"/api/v1/events/{SOURCE}~3/around"
    body = client.get(path, params={"before": 1, "after": 5, "by": "source"}).json()
    assert [2, 3, 4] == [item["sequence"] for item in body["items"]]
    missing = client.get(f"/api/v1/events/{SOURCE}~9/around", params={"by": "source"})
    assert 404 == missing.status_code


def test_export_ends_after_the_lines_asked_for(client: TestClient) -> None:
    """`lines` is a limit, within a batch as well."""
    answer = client.get("/api/v1/events/export", params={"lines": 3})
    assert [1, 2, 3] == [json.loads(line)["sequence"] for line in answer.text.splitlines()]
    assert 400 == client.get("/api/v1/events/export", params={"lines": 0}).status_code


def test_only_so_many_exports_at_a_time(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more is told to wait; an export that ended, or failed, gave its place back."""
    gate: threading.BoundedSemaphore = client.app.state.exports  # type: ignore[attr-defined]
    for _ in range(8):
        assert 200 == client.get("/api/v1/events/export").status_code
    for _ in range(MOST_EXPORTS):
        assert gate.acquire(blocking=False)
    with monkeypatch.context() as patch:
        patch.setattr(DuckDBStore, "scan", None)  # without a place, nothing is asked of the log
        patch.setattr(DuckDBStore, "fields", None)
        answer = client.get("/api/v1/events/export", params={"format": "csv"})
    assert (429, "too-many-requests") == (answer.status_code, answer.json()["code"])
    assert "Retry-After" in answer.headers
