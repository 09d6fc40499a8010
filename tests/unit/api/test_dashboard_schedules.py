"""Routes of reports by schedule: who may, what is refused, and the way from a schedule to a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.unit.api.conftest import ClientAs
from tests.unit.dashboards.schedules.conftest import BOARD, Post

from tocsin.api import dashboard_schedules
from tocsin.api.dashboards import Dashboards
from tocsin.api.services import Services
from tocsin.core.actor import SYSTEM, Actor
from tocsin.core.clock import DAY, ManualClock
from tocsin.core.errors import DeniedError
from tocsin.dashboard_desk import ReportOwners, open_dashboards
from tocsin.dashboards import DashboardBook, Shelf, read_dashboard
from tocsin.dashboards.book import Viewer
from tocsin.dashboards.schedules import Finder, Parties, Plan
from tocsin.seams import DashboardLog
from tocsin.settings_sections import DashboardSettings
from tocsin.store.duckdb import DuckDBStore

PATH = "/api/v1/dashboards/logins"
BODY: dict[str, Any] = {
    "name": "Logins",
    "cron": "0 7 * * *",
    "zone": "Europe/Berlin",
    "from": "now-1d/d",
    "to": "now/d",
    "format": "html",
    "channels": ["mail"],
}


@pytest.fixture
def part(platform: Services, clock: ManualClock, tmp_path: Path) -> Iterator[Dashboards]:
    """A dashboard from a file over an empty log."""
    store = DuckDBStore(tmp_path / "log", clock, threads=1)
    finder = Finder(Shelf({"logins": read_dashboard(BOARD)}), DashboardBook(clock, platform.audit))
    parties = Parties(finder, ReportOwners(platform.accounts, clock), Post())
    yield open_dashboards(DashboardSettings(), platform.db, clock, log=DashboardLog(store), parties=parties)
    store.close()


@pytest.fixture
def analyst(client_as: ClientAs, part: Dashboards) -> TestClient:
    return client_as("analyst", [dashboard_schedules.router], dashboards=part)


def added(client: TestClient, **more: Any) -> dict[str, Any]:
    answer = client.post(f"{PATH}/schedules", json={**BODY, **more})
    assert 201 == answer.status_code, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_way_from_a_schedule_to_a_file(analyst: TestClient, part: Dashboards) -> None:
    """Run now, follow it, take the file, delete it."""
    assert part.reports is not None
    one = added(analyst)
    assert ("2026-11-25T06:00:00.000000Z", None, "key:test-analyst") == (
        *(one["next_at"], one["last"]),
        one["owner"],
    )
    asked = analyst.post(f"{PATH}/schedules/{one['id']}/run")
    assert (202, "waiting") == (asked.status_code, asked.json()["status"])
    assert part.reports.runner.step()
    report = analyst.get(f"{PATH}/reports/{asked.json()['id']}").json()
    assert ("done", True, ["mail"], 1) == (
        *(report["status"], report["file"]),
        *(report["sent_to"], report["attempts"]),
    )
    file = analyst.get(f"{PATH}/reports/{report['id']}/file")
    assert 'attachment; filename="logins.html"' == file.headers["content-disposition"]
    assert "2026-11-23 00:00:00 to 2026-11-24 00:00:00 (Europe/Berlin)" in file.text
    assert len(file.content) == report["size"]
    listed = analyst.get(f"{PATH}/schedules").json()
    assert "done" == listed["items"][0]["last"]["status"]
    assert {"name": "mail", "label": "Mail"} in listed["channels"]
    assert [report["id"]] == [each["id"] for each in analyst.get(f"{PATH}/reports").json()["items"]]
    assert 204 == analyst.delete(f"{PATH}/reports/{report['id']}").status_code
    assert 404 == analyst.get(f"{PATH}/reports/{report['id']}/file").status_code


def test_a_schedule_is_changed_switched_deleted_and_restored(analyst: TestClient) -> None:
    """With the version it was changed from."""
    one = added(analyst)
    path = f"{PATH}/schedules/{one['id']}"
    changed = analyst.patch(path, json={**BODY, "name": "Others", "version": 1}).json()
    assert ("Others", 2) == (changed["name"], changed["version"])
    assert 409 == analyst.patch(path, json={**BODY, "version": 1}).status_code
    assert analyst.put(f"{path}/enabled", json={"enabled": False}).json()["next_at"] is None
    assert 204 == analyst.delete(path).status_code
    assert 404 == analyst.post(f"{path}/run").status_code
    assert "Others" == analyst.post(f"{path}/restore").json()["name"]


@pytest.mark.parametrize(
    "more",
    [
        {"cron": "* * * * *"},
        {"zone": "x"},
        {"channels": ["fax"]},
        {"format": "doc"},
        {"channels": [], "keep": False},
        {"filters": ["a:(b"]},
        {"colour": "red"},
    ],
)
def test_what_does_not_fit_is_refused(analyst: TestClient, more: dict[str, Any]) -> None:
    """As bad input."""
    assert 400 == analyst.post(f"{PATH}/schedules", json={**BODY, **more}).status_code


def test_times_can_be_tried(analyst: TestClient) -> None:
    """The next three, and the span of the first: by the dashboard's where none is said."""
    body = {"cron": "0 7 * * 1", "zone": "Europe/Berlin", "from": "now-1w/w", "to": "now/w"}
    found = analyst.post(f"{PATH}/schedules/check", json=body).json()
    assert ["2026-11-30", "2026-12-07", "2026-12-14"] == [each[:10] for each in found["next"]]
    assert ("2026-11-22T23", "2026-11-29T23") == (found["from"][:13], found["to"][:13])
    own = analyst.post(f"{PATH}/schedules/check", json={"cron": "0 7 * * 1"}).json()
    assert "2026-11-29T07" == own["from"][:13]


def test_only_those_who_make_dashboards_may(client_as: ClientAs, part: Dashboards) -> None:
    """Readers and agents are refused by every route."""
    for role in ("read-only", "agent"):
        client = client_as(role, [dashboard_schedules.router], dashboards=part)
        assert 403 == client.get(f"{PATH}/schedules").status_code
        assert 403 == client.post(f"{PATH}/schedules", json=BODY).status_code
        assert 403 == client.get(f"{PATH}/reports").status_code
        assert 403 == client.get(f"{PATH}/reports/x/file").status_code
    nobody = client_as(None, [dashboard_schedules.router], dashboards=part)
    assert 401 == nobody.get(f"{PATH}/schedules").status_code


def test_another_dashboard_does_not_show_them(analyst: TestClient, part: Dashboards) -> None:
    """An id of one under the path of another is not there."""
    one = added(analyst)
    other = f"/api/v1/dashboards/other/schedules/{one['id']}"
    assert 404 == analyst.patch(other, json={**BODY, "version": 1}).status_code
    assert 404 == analyst.delete(other).status_code
    assert 404 == analyst.get("/api/v1/dashboards/other/schedules").status_code


def test_a_user_who_is_locked_or_demoted_gets_no_more(
    platform: Services, part: Dashboards, clock: ManualClock
) -> None:
    """The schedule is switched off with the reason; an administrator sees everybody's dashboards."""
    assert part.reports is not None
    users = platform.accounts.users
    with platform.db.write() as tx:
        for login, role in (("ann", "analyst"), ("root", "administrator")):
            users.add(tx, login, name=login, role=role, password="correct horse battery", actor=SYSTEM)
    owners = ReportOwners(platform.accounts, clock)
    with platform.db.read() as tx:
        assert owners.rights(tx, "root").sees_all
        assert not owners.rights(tx, "ann").sees_all
        assert owners.rights(tx, "command-line:ops").sees_all
    plan, ann = Plan("Logins", "0 7 * * *"), Viewer(Actor("user", "ann"))
    for change, said in (({"role": "read-only"}, "dashboards:write"), ({"locked": True}, "is locked")):
        with platform.db.write() as tx:
            users.change(tx, "ann", actor=SYSTEM, role="analyst", locked=False)
            row = part.reports.schedules.add(tx, "logins", plan, ann)
            users.change(tx, "ann", actor=SYSTEM, **change)
        clock.advance(DAY)
        while part.reports.runner.step():
            pass
        with platform.db.read() as tx:
            assert said in part.reports.schedules.get(tx, row.id, ann).stopped


def test_a_key_that_is_revoked_gets_no_more(platform: Services, clock: ManualClock) -> None:
    """Of several keys of a name, the least counts."""
    owners = ReportOwners(platform.accounts, clock)
    keys = platform.accounts.keys
    with platform.db.write() as tx:
        keys.add(tx, "bot", "analyst", actor=SYSTEM)
        assert frozenset() == owners.rights(tx, "key:bot").denied
        keys.add(tx, "bot", "read-only", actor=SYSTEM)
        with pytest.raises(DeniedError, match="dashboards:write"):
            owners.rights(tx, "key:bot")
        for each in keys.all(tx):
            keys.revoke(tx, each.id, actor=SYSTEM)
        with pytest.raises(DeniedError, match="no API key 'bot' any more"):
            owners.rights(tx, "key:bot")
        with pytest.raises(DeniedError, match="no user 'eve' any more"):
            owners.rights(tx, "eve")
