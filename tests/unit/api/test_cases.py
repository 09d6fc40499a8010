"""Routes of cases and of what hangs on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tocsin.api.services import Services
from tocsin.cases import AlertService, CaseService, CaseSettings, FileStore
from tocsin.core.actor import SYSTEM
from tocsin.core.detection import Detection, EventRef
from tocsin.core.event import Event

NOON = 1_795_521_600_000_000


class Log:
    """An event log of one event."""

    def get(self, ids: list[str]) -> list[Event]:
        return [Event("sshd", 1, NOON, NOON, "Accepted password", {})] if "sshd~1" in ids else []


@pytest.fixture
def desk(platform: Services, tmp_path: Path) -> dict[str, Any]:
    """The services of alerts and cases."""
    settings = CaseSettings(max_attachment_bytes=1_000)
    cases = CaseService(platform.clock, platform.audit, FileStore(tmp_path / "files"), settings)
    return {
        "cases": cases,
        "alerts": AlertService(platform.clock, platform.audit, cases),
        "store": Log(),
    }


@pytest.fixture
def client(desk: dict[str, Any], platform: Services, client_as: Any) -> TestClient:
    """An analyst's client; `bob` is there to be given work."""
    with platform.db.write() as tx:
        platform.accounts.users.add(
            tx, "bob", name="Bob", role="analyst", password="correct horse battery", actor=SYSTEM
        )
        platform.accounts.users.add(
            tx, "eve", name="Eve", role="read-only", password="correct horse battery", actor=SYSTEM
        )
    made: TestClient = client_as("analyst", **desk)
    return made


@pytest.fixture
def case(client: TestClient) -> dict[str, Any]:
    """A case just opened."""
    body = {"title": "Intrusion", "severity": 3, "tags": ["vip"], "tasks": [{"title": "Contain"}]}
    made: dict[str, Any] = client.post("/api/v1/cases", json=body).json()
    return made


def test_a_case_is_the_document_of_the_contract(client: TestClient, case: dict[str, Any]) -> None:
    """Every member is there, by id and by number."""
    assert set(case) >= {
        *("id", "number", "title", "description", "severity", "severity_label", "status", "resolution"),
        *("impact", "summary", "assignee", "tags", "tlp", "pap", "flag", "start_at", "created_at"),
        *("updated_at", "closed_at", "custom_fields", "task_count", "open_task_count"),
        *("observable_count", "alert_count", "techniques"),
    }
    assert (case["task_count"], case["open_task_count"], case["severity_label"]) == (1, 1, "high")
    assert client.get(f"/api/v1/cases/{case['number']}").json() == case
    assert client.get(f"/api/v1/cases/{case['id']}").json() == case


def test_cases_are_listed(client: TestClient, case: dict[str, Any]) -> None:
    """By query and by column."""
    client.post("/api/v1/cases", json={"title": "Phishing"})
    for parameters in ({"q": "tags:vip"}, {"severity": 3}, {"status": "new", "q": "intrusion"}):
        page = client.get("/api/v1/cases", params=parameters).json()
        assert [each["id"] for each in page["items"]] == [case["id"]]
    assert client.get("/api/v1/cases").json()["total"] == 2


def test_fields_change_in_place(client: TestClient, case: dict[str, Any]) -> None:
    """Each alone; the start is an instant; null only where it means something."""
    path = f"/api/v1/cases/{case['id']}"
    body = {"start_at": "2026-11-24T10:00:00+01:00", "flag": True, "custom_fields": {"site": "B"}}
    changed = client.patch(path, json=body).json()
    assert (changed["start_at"], changed["flag"]) == ("2026-11-24T09:00:00.000000Z", True)
    assert changed["title"] == "Intrusion"
    for bad in (
        {"start_at": None},
        {"severity": 0},
        {"status": "closed"},
        {"number": 7},
        {"assignee": "eve"},
    ):
        assert client.patch(path, json=bad).status_code == 400


def test_people_who_can_be_given_work_are_listed(client: TestClient) -> None:
    """Analysts and administrators, not readers."""
    assert client.get("/api/v1/assignees").json()["items"] == [{"login": "bob", "name": "Bob"}]


def test_a_mandatory_task_keeps_the_case_open(client: TestClient, case: dict[str, Any]) -> None:
    """409 names it; done, the case closes with resolution, impact and summary."""
    path = f"/api/v1/cases/{case['id']}"
    task = client.post(f"{path}/tasks", json={"title": "Report", "mandatory": True, "assignee": "bob"}).json()
    body = {"resolution": "true_positive", "impact": "no_impact", "summary": "Blocked."}
    refused = client.post(f"{path}/close", json=body)
    assert refused.status_code == 409
    assert "Report" in refused.json()["detail"]
    done = client.patch(f"/api/v1/tasks/{task['id']}", json={"status": "completed"}).json()
    assert done["ended_at"]
    closed = client.post(f"{path}/close", json=body).json()
    assert (closed["status"], closed["impact"], closed["open_task_count"]) == ("closed", "no_impact", 0)
    assert client.post(f"{path}/reopen").json()["status"] == "in_progress"


def test_tasks_are_ordered_changed_and_deleted(client: TestClient, case: dict[str, Any]) -> None:
    """New ones come last; a due date can be taken away."""
    path = f"/api/v1/cases/{case['id']}/tasks"
    task = client.post(path, json={"title": "Second", "due_at": "2026-11-25T00:00:00Z"}).json()
    assert task["due_at"] == "2026-11-25T00:00:00.000000Z"
    assert [each["title"] for each in client.get(path).json()["items"]] == ["Contain", "Second"]
    changed = client.patch(f"/api/v1/tasks/{task['id']}", json={"due_at": None, "order": 0}).json()
    assert (changed["due_at"], changed["order"]) == (None, 0)
    assert client.patch(f"/api/v1/tasks/{task['id']}", json={"status": "done"}).status_code == 400
    assert client.delete(f"/api/v1/tasks/{task['id']}").status_code == 204
    assert client.delete(f"/api/v1/tasks/{task['id']}").status_code == 404


def test_observables_are_added_changed_and_deleted(client: TestClient, case: dict[str, Any]) -> None:
    """Flags and tags change; what was seen does not."""
    path = f"/api/v1/cases/{case['id']}/observables"
    row = client.post(path, json={"kind": "domain", "value": "Evil.Example", "is_ioc": True}).json()
    assert (row["value"], row["seen_in"]) == ("evil.example", {"alerts": 0, "cases": 1})
    at = f"/api/v1/observables/{row['id']}"
    assert client.patch(at, json={"sighted": True, "tags": ["c2"]}).json()["tags"] == ["c2"]
    assert client.patch(at, json={"value": "x"}).status_code == 400
    assert client.delete(at).status_code == 204
    assert client.get(path).json()["items"] == []


def test_a_comment_is_its_authors(
    client: TestClient, case: dict[str, Any], client_as: Any, desk: Any
) -> None:
    """Somebody else's is refused."""
    path = f"/api/v1/cases/{case['id']}/comments"
    comment = client.post(path, json={"message": "first"}).json()
    other = client_as("administrator", **desk)
    at = f"/api/v1/comments/{comment['id']}"
    assert other.patch(at, json={"message": "mine"}).status_code == 403
    assert client.patch(at, json={"message": "second"}).json()["message"] == "second"
    assert client.delete(at).status_code == 204


def test_a_file_goes_in_and_comes_out_harmless(
    client: TestClient, case: dict[str, Any], tmp_path: Path
) -> None:
    """Downloaded, never shown; named safely; its bytes go with the last case that has them."""
    path = f"/api/v1/cases/{case['id']}/attachments"
    upload = {"file": ("../../evil.html", b"<script>alert(1)</script>", "text/html")}
    attached = client.post(path, files=upload).json()
    assert (attached["name"], attached["size_bytes"]) == ("evil.html", 25)
    answer = client.get(f"/api/v1/attachments/{attached['id']}/content")
    assert answer.content == b"<script>alert(1)</script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert client.delete(f"/api/v1/attachments/{attached['id']}").status_code == 204
    assert [each for each in (tmp_path / "files").rglob("*") if each.is_file()] == []
    assert client.post(path, files={"file": ("big", b"x" * 1_001)}).status_code == 400


def test_techniques_are_named(client: TestClient, case: dict[str, Any]) -> None:
    """Known ids have names; the case shows them; nonsense is refused."""
    path = f"/api/v1/cases/{case['id']}/techniques"
    body = {"technique_id": "t1505.003", "occurred_at": "2026-11-24T11:00:00Z"}
    used = client.post(path, json=body).json()
    assert (used["name"], used["occurred_at"]) == ("Web Shell", "2026-11-24T11:00:00.000000Z")
    assert client.post(path, json=body).json()["id"] == used["id"]
    shown = client.get(f"/api/v1/cases/{case['id']}").json()["techniques"]
    assert shown == [{"id": "T1505.003", "name": "Web Shell"}]
    assert client.post(path, json={"technique_id": "web shell"}).status_code == 400
    assert client.delete(f"/api/v1/techniques/{used['id']}").status_code == 204


def test_the_timeline_takes_notes_and_events(client: TestClient, case: dict[str, Any]) -> None:
    """An event comes with its time and text; one that does not exist is not found."""
    path = f"/api/v1/cases/{case['id']}/timeline"
    note = {"at": "2026-11-24T11:00:00Z", "title": "Phone call", "description": "from the owner"}
    assert client.post(path, json=note).status_code == 201
    pinned = client.post(f"{path}/pin", json={"event_id": "sshd~1", "note": "first success"}).json()
    assert (pinned["kind"], pinned["title"]) == ("event", "Accepted password")
    assert client.post(f"{path}/pin", json={"event_id": "sshd~1"}).status_code == 409
    assert client.post(f"{path}/pin", json={"event_id": "sshd~2"}).status_code == 404
    items = client.get(path).json()["items"]
    assert [item["kind"] for item in items][:1] == ["custom"]
    assert {"type": "event", "id": "sshd~1"} in [item["ref"] for item in items]


def test_alerts_go_in_and_out_and_cases_merge(
    client: TestClient, case: dict[str, Any], desk: Any, platform: Services
) -> None:
    """Merge an alert, take it out, merge cases: each visible on both sides."""
    detection = Detection(
        rule_id="1",
        rule_name="r",
        rule_kind="sigma",
        rule_version="v",
        severity=2,
        group_key="",
        title="Alert",
        description="",
        at=NOON,
        events=(EventRef("sshd~1", NOON),),
    )
    with platform.db.write() as tx:
        alert_id = desk["alerts"].record(tx, detection).alert_id
    merged = client.post(f"/api/v1/alerts/{alert_id}/merge", json={"case_id": case["id"]}).json()
    assert merged["alert_count"] == 1
    (alert,) = client.get(f"/api/v1/cases/{case['id']}/alerts").json()["items"]
    assert alert["case_number"] == case["number"]
    assert client.delete(f"/api/v1/cases/{case['id']}/alerts/{alert_id}").status_code == 204
    assert client.get(f"/api/v1/alerts/{alert_id}").json()["status"] == "new"
    target = client.post("/api/v1/cases", json={"title": "Campaign"}).json()
    client.post(f"/api/v1/cases/{target['id']}/merge", json={"ids": [case["id"]]})
    assert client.get(f"/api/v1/cases/{case['id']}").json()["merged_into_id"] == target["id"]
    actions = [e["action"] for e in client.get(f"/api/v1/cases/{target['id']}/activity").json()["items"]]
    assert actions[0] == "merge"
    for path in ("similar", "runs", "decisions"):
        assert client.get(f"/api/v1/cases/{target['id']}/{path}").json()["items"] == []
