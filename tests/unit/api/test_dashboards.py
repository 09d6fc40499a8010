"""Routes of dashboards: who sees and changes what, and who may ask a panel."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.unit.api.conftest import ClientAs
from tests.unit.dashboards.conftest import NOON, ROWS

from tocsin.accounts import Principal
from tocsin.api import dashboard_reports, dashboards
from tocsin.api.dashboards import Dashboards
from tocsin.api.export_gate import MOST_EXPORTS
from tocsin.api.services import Services
from tocsin.core.actor import Actor
from tocsin.core.attack import known_techniques
from tocsin.core.clock import HOUR, ManualClock
from tocsin.core.event import Event
from tocsin.dashboards import Answering, Dashboard, DashboardBook, Shelf
from tocsin.seams import DashboardDesk, DashboardLog
from tocsin.store.base import Batch
from tocsin.store.duckdb import DuckDBStore

DOCUMENT: dict[str, Any] = {
    "version": 1,
    "title": "Servers",
    "time": {"from": "now-24h", "to": "now"},
    "panels": [{"id": "a", "kind": "count", "place": {"x": 0, "y": 0, "w": 3, "h": 3}}],
}
PANEL = "/api/v1/dashboards/panel"


@pytest.fixture
def part(platform: Services, tmp_path: Path) -> Iterator[Dashboards]:
    """One dashboard from a file, a log with a few events, and an empty desk."""
    store = DuckDBStore(tmp_path / "log", ManualClock(NOON), threads=1)
    events = [
        Event("s", n, NOON - hours * HOUR, NOON, text, fields)
        for n, (hours, text, fields) in enumerate(ROWS, 1)
    ]
    store.commit(Batch("s", events, len(events)))
    answering = Answering(DashboardLog(store), DashboardDesk(), known_techniques())
    shelf = Shelf({"web": Dashboard("Web")})
    yield Dashboards(shelf, DashboardBook(platform.clock, platform.audit), answering)
    store.close()


@pytest.fixture
def analyst(client_as: ClientAs, part: Dashboards) -> TestClient:
    return client_as("analyst", [dashboards.router], dashboards=part)


@pytest.fixture
def reader(client_as: ClientAs, part: Dashboards) -> TestClient:
    return client_as("read-only", [dashboards.router], dashboards=part)


def added(client: TestClient, **more: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/dashboards", json={"document": DOCUMENT, **more})
    assert 201 == answer.status_code, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_one_is_kept_listed_changed_deleted_and_restored(analyst: TestClient) -> None:
    """With those from files before it."""
    one = added(analyst)
    assert (DOCUMENT, 1, True, False) == (one["document"], one["version"], one["may_change"], one["shared"])
    listed = analyst.get("/api/v1/dashboards").json()["items"]
    assert [("web", True, False), (one["id"], False, True)] == [
        (item["id"], item["from_file"], item["may_change"]) for item in listed
    ]
    path = f"/api/v1/dashboards/{one['id']}"
    body = {"document": {**DOCUMENT, "title": "Hosts"}, "version": 1}
    assert 2 == analyst.patch(path, json=body).json()["version"]
    refused = analyst.patch(path, json=body)
    assert (409, "conflict") == (refused.status_code, refused.json()["code"])
    assert [2, 1] == [item["version"] for item in analyst.get(f"{path}/versions").json()["items"]]
    assert 204 == analyst.delete(path).status_code
    assert 404 == analyst.get(path).status_code
    assert "Hosts" == analyst.post(f"{path}/restore").json()["title"]


def test_those_from_files_are_read_only(analyst: TestClient) -> None:
    """One makes a copy."""
    assert "Web" == analyst.get("/api/v1/dashboards/web").json()["title"]
    body = {"document": DOCUMENT, "version": 1}
    assert 409 == analyst.patch("/api/v1/dashboards/web", json=body).status_code
    assert 409 == analyst.delete("/api/v1/dashboards/web").status_code


def test_a_reader_sees_what_is_shared_and_changes_nothing(analyst: TestClient, reader: TestClient) -> None:
    """What is private is not there."""
    private, shared = added(analyst), added(analyst, shared=True)
    assert 404 == reader.get(f"/api/v1/dashboards/{private['id']}").status_code
    seen = reader.get(f"/api/v1/dashboards/{shared['id']}").json()
    assert not seen["may_change"]
    assert 403 == reader.post("/api/v1/dashboards", json={"document": DOCUMENT}).status_code
    assert 403 == reader.delete(f"/api/v1/dashboards/{shared['id']}").status_code


def test_a_document_that_does_not_fit_is_refused_with_its_faults(analyst: TestClient) -> None:
    """Each with its place."""
    document = {**DOCUMENT, "panels": [{"id": "a", "kind": "tap"}], "titel": "x"}
    answer = analyst.post("/api/v1/dashboards", json={"document": document})
    assert (400, "dashboard-refused") == (answer.status_code, answer.json()["code"])
    assert "titel: 'titel' is not known here; did you mean 'title'?" in answer.json()["detail"]
    assert "panels[0].kind: 'tap'" in answer.json()["detail"]
    assert 400 == analyst.post("/api/v1/dashboards/check", json={"document": document}).status_code


def test_a_document_is_checked_without_being_kept(reader: TestClient) -> None:
    """Fields nobody knows are remarked upon."""
    document = {**DOCUMENT, "panels": [{"id": "a", "kind": "top", "field": "usr.name"}]}
    answer = reader.post("/api/v1/dashboards/check", json={"document": document}).json()
    assert "did you mean 'user.name'" in answer["remarks"][0]["remark"]


@pytest.mark.parametrize(
    ("panel", "expected"),
    [
        ({"kind": "count"}, {"value": 4, "previous": 1, "compared": True}),
        (
            {"kind": "top", "field": "host.name", "size": 1},
            {"items": [{"key": "web", "count": 3, "value": 3}]},
        ),
        ({"kind": "heatmap", "x": "time", "y": "host.name"}, {"y": ["web", "db"], "total": 4}),
        ({"kind": "attack"}, {"total": 3}),
        ({"kind": "table", "size": 1, "columns": ["user.name"]}, {"columns": ["user.name"], "total": 4}),
        ({"kind": "time"}, {"width_us": 1_800_000_000, "total": 4}),
        ({"kind": "count", "source": "alerts"}, {"value": 0}),
    ],
)
def test_a_panel_is_answered(reader: TestClient, panel: dict[str, Any], expected: dict[str, Any]) -> None:
    """Kept or not; with the span it is about."""
    answer = reader.post(PANEL, json={"panel": {"id": "p", **panel}, "from": "now-24h"})
    assert answer.is_success, answer.text
    body = answer.json()
    assert ("2026-11-23T12:00:00.000000Z", "2026-11-24T12:00:00.000000Z") == (body["from"], body["to"])
    assert expected == {name: body[name] for name in expected}


def test_a_panel_needs_the_permission_of_what_it_is_over(client_as: ClientAs, part: Dashboards) -> None:
    """A role that reads nothing asks nothing, and what is no panel is refused."""
    agent = client_as("agent", [dashboards.router], dashboards=part)
    assert 403 == agent.post(PANEL, json={"panel": {"id": "p", "kind": "count"}}).status_code
    with pytest.raises(dashboards.DeniedError, match="needs cases:read"):
        dashboards.check_source("cases", _caller())


def _caller() -> Any:
    return Principal(Actor("user", "x"), "x", "read-only", frozenset({"dashboards:read", "events:read"}))


@pytest.mark.parametrize(
    "body",
    [
        {"panel": {"id": "p", "kind": "count"}, "zone": "Mars/Olympus"},
        {"panel": {"id": "p", "kind": "count"}, "filters": ["a:(b"]},
        {"panel": {"id": "p", "kind": "count"}, "filters": ["a"] * 21},
        {"panel": {"id": "p", "kind": "count"}, "buckets": 301},
        {"panel": {"id": "p", "kind": "markdown", "text": "x"}},
        {"panel": {"id": "p", "kind": "count"}, "from": "now", "to": "now-1h"},
        {"panel": 3},
        {},
    ],
)
def test_what_makes_no_sense_is_refused(reader: TestClient, body: dict[str, Any]) -> None:
    """A zone nobody knows, a filter that cannot be read, too much of anything."""
    assert 400 == reader.post(PANEL, json=body).status_code


def test_a_report_is_a_file_to_keep(client_as: ClientAs, part: Dashboards) -> None:
    """A page with the dashboard's own span, or the one asked for; as a picture too."""
    client = client_as("analyst", [dashboards.router, dashboard_reports.router], dashboards=part)
    path = f"/api/v1/dashboards/{added(client)['id']}/report"
    answer = client.get(path, params={"from": "now-48h", "filter": ["host.name:db"], "zone": "Europe/Berlin"})
    assert 'attachment; filename="servers.html"' == answer.headers["content-disposition"]
    assert answer.headers["content-type"].startswith("text/html")
    assert "<b>2</b>" in answer.text
    assert "<b>4</b>" in client.get(path).text
    picture = client.get(path, params={"format": "png"})
    assert "image/png" == picture.headers["content-type"]
    assert picture.content.startswith(b"\x89PNG")
    assert 'attachment; filename="servers.png"' == picture.headers["content-disposition"]
    assert 400 == client.get(path, params={"format": "doc"}).status_code
    assert 400 == client.get(path, params={"from": "now", "to": "now-1d"}).status_code
    assert 400 == client.get(path, params={"zone": "nowhere"}).status_code
    assert 404 == client.get("/api/v1/dashboards/none/report").status_code
    reader = client_as("agent", [dashboard_reports.router], dashboards=part)
    assert 403 == reader.get(path).status_code


def test_only_so_many_reports_at_a_time(client_as: ClientAs, part: Dashboards) -> None:
    """They go through the gate of exports; one that ended, or failed, gave its place back."""
    client = client_as("analyst", [dashboards.router, dashboard_reports.router], dashboards=part)
    path = "/api/v1/dashboards/web/report"
    for _ in range(MOST_EXPORTS + 1):
        assert 200 == client.get(path).status_code
        assert 400 == client.get(path, params={"zone": "nowhere"}).status_code
    gate: threading.BoundedSemaphore = client.app.state.exports  # type: ignore[attr-defined]
    for _ in range(MOST_EXPORTS):
        assert gate.acquire(blocking=False)
    assert 429 == client.get(path).status_code
