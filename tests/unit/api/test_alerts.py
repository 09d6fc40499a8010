"""Routes of alerts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tocsin.api.services import Services
from tocsin.cases import AlertService, CaseService, FileStore
from tocsin.core.actor import SYSTEM
from tocsin.core.detection import Clause, Detection, EventRef
from tocsin.core.event import Event
from tocsin.respond.runs import Run

NOON = 1_795_521_600_000_000


class Log:
    """An event log that holds what it was given."""

    def __init__(self, *events: Event) -> None:
        self._events: dict[str, Event] = {event.id: event for event in events}

    def get(self, ids: list[str]) -> list[Event]:
        return [self._events[each] for each in ids if each in self._events]


@dataclass(frozen=True)
class Playbooks:
    """Playbooks that ran once on everything and decided nothing."""

    undecided_ids: frozenset[str] = frozenset()

    def undecided(self, _tx: Any, ids: list[str]) -> set[str]:
        return set(ids) & self.undecided_ids

    def runs_of(self, _tx: Any, subject_type: str, subject_id: str) -> list[Run]:
        return [
            Run(
                "run_1",
                "triage",
                "v1",
                subject_type,
                subject_id,
                "success",
                "system",
                NOON,
                NOON,
                NOON + 1,
                "",
                (),
            )
        ]

    def decisions_of(self, _tx: Any, _type: str, _id: str) -> list[Any]:
        return []


@dataclass(frozen=True)
class Desk:
    """The services of alerts and cases, and a client of an analyst."""

    platform: Services
    services: dict[str, Any]
    client: TestClient

    def alert(self, **changes: Any) -> str:
        """Open an alert and return its id."""
        values: dict[str, Any] = {
            "rule_id": "5712",
            "rule_name": "sshd: brute force",
            "rule_kind": "level",
            "rule_version": "v1",
            "severity": 2,
            "group_key": "203.0.113.9",
            "group_field": "source.ip",
            "title": "SSH brute force",
            "description": "Many failed logins.",
            "at": NOON,
            "events": (EventRef("sshd~1", NOON), EventRef("sshd~2", NOON - 5)),
            "clauses": (Clause("rule.level", ">= 10", "10"),),
            "techniques": ("T1110.001",),
        }
        with self.platform.db.write() as tx:
            outcome = self.services["alerts"].record(tx, Detection(**{**values, **changes}))
        return str(outcome.alert_id)


@pytest.fixture
def desk(platform: Services, client_as: Any, tmp_path: Path) -> Desk:
    """A desk with the analyst `bob` beside it."""
    cases = CaseService(platform.clock, platform.audit, FileStore(tmp_path / "files"))
    log = Log(Event("sshd", 1, NOON, NOON, "Failed password", {"source.ip": "203.0.113.9"}))
    services = {
        "cases": cases,
        "alerts": AlertService(platform.clock, platform.audit, cases),
        "store": log,
        "playbooks": Playbooks(),
    }
    with platform.db.write() as tx:
        platform.accounts.users.add(
            tx, "bob", name="Bob", role="analyst", password="correct horse battery", actor=SYSTEM
        )
    return Desk(platform, services, client_as("analyst", **services))


def test_an_alert_is_the_document_of_the_contract(desk: Desk) -> None:
    """Every member is there, with instants as text and scales as numbers and words."""
    alert = desk.client.get(f"/api/v1/alerts/{desk.alert()}").json()
    assert set(alert) >= {
        *("id", "number", "title", "description", "severity", "severity_label", "status", "resolution"),
        *("reason", "assignee", "tags", "tlp", "pap", "rule", "group_field", "group_key", "event_count"),
        *("first_at", "last_at", "created_at", "updated_at", "closed_at", "closed_by", "case_id"),
        *("case_number", "techniques", "clauses", "custom_fields", "observable_count", "verdict"),
        "undecided",
    }
    assert alert["rule"] == {"id": "5712", "name": "sshd: brute force", "kind": "level", "version": "v1"}
    assert alert["techniques"] == [{"id": "T1110.001", "name": "Password Guessing"}]
    assert alert["clauses"] == [{"field": "rule.level", "condition": ">= 10", "value": "10"}]
    assert (alert["first_at"], alert["severity_label"]) == ("2026-11-24T11:59:59.999995Z", "medium")
    assert (alert["event_count"], alert["undecided"]) == (2, False)


def test_the_list_filters_sorts_and_pages(desk: Desk) -> None:
    """By query, status and severity, each page leading to the next."""
    for number in range(3):
        desk.alert(rule_id=str(number), severity=number + 1, at=NOON + number)
    first = desk.client.get("/api/v1/alerts", params={"limit": 2, "sort": "-severity"}).json()
    assert ([alert["severity"] for alert in first["items"]], first["total"]) == ([3, 2], 3)
    rest = desk.client.get(
        "/api/v1/alerts", params={"limit": 2, "sort": "-severity", "cursor": first["next"]}
    ).json()
    assert ([alert["severity"] for alert in rest["items"]], rest["next"]) == ([1], None)
    found = desk.client.get("/api/v1/alerts", params={"q": "rule.id:2 OR severity:low"}).json()
    assert {alert["severity"] for alert in found["items"]} == {1, 3}
    none = desk.client.get("/api/v1/alerts", params={"status": ["closed", "ignored"]}).json()
    assert none["items"] == []
    assert len(desk.client.get("/api/v1/alerts", params={"severity": [1, 2]}).json()["items"]) == 2


def test_a_query_that_makes_no_sense_says_where(desk: Desk) -> None:
    """The position comes back with the problem."""
    answer = desk.client.get("/api/v1/alerts", params={"q": 'title:"never ends'})
    assert (answer.status_code, answer.json()["code"]) == (400, "query")
    assert set(answer.json()["position"]) == {"offset", "line", "column"}


@pytest.mark.parametrize(
    "parameters",
    [
        {"q": "nosuchfield:1"},
        {"q": "number:99999999999999999999999"},
        {"sort": "password"},
        {"severity": "9"},
        {"cursor": "%%%"},
        {"limit": "501"},
    ],
)
def test_bad_parameters_are_refused(desk: Desk, parameters: dict[str, str]) -> None:
    """Each ends in 400, none in 500."""
    desk.alert()
    assert desk.client.get("/api/v1/alerts", params=parameters).status_code == 400


def test_an_analyst_closes_and_reopens(desk: Desk) -> None:
    """Close keeps the reason; a second one conflicts; reopen takes it back."""
    path = f"/api/v1/alerts/{desk.alert()}"
    body = {"resolution": "false_positive", "reason": "our scanner"}
    closed = desk.client.post(f"{path}/close", json=body).json()
    assert (closed["status"], closed["closed_by"]) == ("closed", "key:test-analyst")
    assert desk.client.post(f"{path}/close", json=body).status_code == 409
    assert desk.client.post(f"{path}/reopen").json()["status"] == "new"
    assert desk.client.post(f"{path}/close", json={"resolution": "bored"}).status_code == 400


def test_a_change_is_checked_and_shown_in_the_activity(desk: Desk) -> None:
    """Work goes only to people who exist; unknown members are refused; the trail shows the rest."""
    path = f"/api/v1/alerts/{desk.alert()}"
    assert desk.client.patch(path, json={"assignee": "nobody"}).status_code == 400
    assert desk.client.patch(path, json={"rule_id": "1"}).status_code == 400
    assert desk.client.patch(path, json={"title": None}).status_code == 400
    changed = desk.client.patch(path, json={"assignee": "bob", "severity": 4, "status": "in_progress"})
    assert changed.json()["assignee"] == "bob"
    assert desk.client.patch(path, json={"assignee": None}).json()["assignee"] is None
    activity = desk.client.get(f"{path}/activity").json()["items"]
    assert [entry["action"] for entry in activity] == ["update", "update", "create"]
    assert activity[1]["details"]["severity"] == [2, 4]


@pytest.mark.parametrize("value", ["\x00", "\ud800", float("nan"), {"a": 1}])
def test_custom_fields_take_only_what_every_database_keeps(desk: Desk, value: Any) -> None:
    """Odd characters and numbers are refused, not stored to fail later."""
    content = json.dumps({"custom_fields": {"note": value}})
    answer = desk.client.patch(
        f"/api/v1/alerts/{desk.alert()}", content=content, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400


def test_promoting_opens_a_case_and_tells_listeners(desk: Desk) -> None:
    """The alert shows its case; both are announced."""
    alert_id = desk.alert()
    with desk.platform.announcer.listen() as heard:
        case = desk.client.post(f"/api/v1/alerts/{alert_id}/promote").json()
    assert [(each.topic, each.subject) for each in (heard.get(), heard.get())] == [
        ("alert", alert_id),
        ("case", case["id"]),
    ]
    alert = desk.client.get(f"/api/v1/alerts/{alert_id}").json()
    assert (alert["status"], alert["case_number"], case["alert_count"]) == ("imported", case["number"], 1)
    assert case["assignee"] is None  # a program is given no work
    assert desk.client.post(f"/api/v1/alerts/{alert_id}/promote", json={"template": "x"}).status_code == 400


def test_who_promotes_an_alert_gets_the_case(desk: Desk, client_as: Any) -> None:
    """Unless the alert or the request names somebody else."""
    bob = client_as(None, **desk.services)
    bob.post("/api/v1/session", json={"login": "bob", "password": "correct horse battery"})
    headers = {"X-Requested-With": "tocsin"}
    one, two = desk.alert(), desk.alert(rule_id="2")
    assert bob.post(f"/api/v1/alerts/{one}/promote", headers=headers).json()["assignee"] == "bob"
    bob.post("/api/v1/alerts/bulk", json={"ids": [two], "action": "promote"}, headers=headers)
    number = bob.get(f"/api/v1/alerts/{two}").json()["case_number"]
    assert bob.get(f"/api/v1/cases/{number}").json()["assignee"] == "bob"


def test_events_are_fetched_from_the_log(desk: Desk) -> None:
    """Those still in the log come back whole; the total counts all that ever matched."""
    page = desk.client.get(f"/api/v1/alerts/{desk.alert()}/events").json()
    assert page["total"] == 2
    (event,) = page["items"]
    assert event["fields"] == {"source.ip": "203.0.113.9"}
    assert event["document"] == {"source": {"ip": "203.0.113.9"}}
    assert (event["id"], event["@timestamp"]) == ("sshd~1", "2026-11-24T12:00:00.000000Z")


def test_observables_comments_similar_and_runs_hang_on_it(desk: Desk) -> None:
    """Each list answers with what was added."""
    one, other = desk.alert(), desk.alert(rule_id="2")
    for alert_id in (one, other):
        body = {"kind": "ip", "value": "203.0.113.9", "tags": ["attacker"]}
        added = desk.client.post(f"/api/v1/alerts/{alert_id}/observables", json=body)
        assert added.status_code == 201
    (observable,) = desk.client.get(f"/api/v1/alerts/{one}/observables").json()["items"]
    assert observable["seen_in"] == {"alerts": 2, "cases": 0}
    (similar,) = desk.client.get(f"/api/v1/alerts/{one}/similar").json()["items"]
    assert (similar["type"], similar["id"], similar["shared"]) == ("alert", other, ["203.0.113.9"])
    desk.client.post(f"/api/v1/alerts/{one}/comments", json={"message": "looking"})
    (comment,) = desk.client.get(f"/api/v1/alerts/{one}/comments").json()["items"]
    assert (comment["message"], comment["author"]) == ("looking", "key:test-analyst")
    (run,) = desk.client.get(f"/api/v1/alerts/{one}/runs").json()["items"]
    assert (run["playbook"], run["subject_id"], run["error"]) == ("triage", one, None)
    assert desk.client.get(f"/api/v1/alerts/{one}/decisions").json()["items"] == []


def test_bulk_previews_and_acts(desk: Desk) -> None:
    """The dry run says what the real one then does."""
    ids = [desk.alert(), desk.alert(rule_id="2")]
    body = {
        "ids": [*ids, "alert_x"],
        "action": "close",
        "arguments": {"resolution": "benign", "reason": "test"},
        "dry_run": True,
    }
    preview = desk.client.post("/api/v1/alerts/bulk", json=body).json()
    assert desk.client.get(f"/api/v1/alerts/{ids[0]}").json()["status"] == "new"
    done = desk.client.post("/api/v1/alerts/bulk", json={**body, "dry_run": False}).json()
    assert preview == done
    assert (done["count"], [item["ok"] for item in done["items"]]) == (2, [True, True, False])
    assert desk.client.get(f"/api/v1/alerts/{ids[0]}").json()["status"] == "closed"


def test_groups_are_counted(desk: Desk) -> None:
    """One row per value of the column asked for."""
    desk.alert()
    desk.alert(group_key="198.51.100.7", severity=4)
    (group,) = desk.client.get("/api/v1/alerts/groups", params={"by": "rule"}).json()["items"]
    assert (group["key"], group["count"], group["open"], group["max_severity"]) == ("5712", 2, 2, 4)


def test_undecided_alerts_are_marked(desk: Desk, client_as: Any) -> None:
    """What automation left to people stands out until somebody decides."""
    alert_id = desk.alert()
    playbooks = Playbooks(frozenset({alert_id}))
    client = client_as("analyst", **{**desk.services, "playbooks": playbooks})
    assert client.get(f"/api/v1/alerts/{alert_id}").json()["undecided"]
    client.post(f"/api/v1/alerts/{alert_id}/close", json={"resolution": "benign", "reason": ""})
    assert not client.get(f"/api/v1/alerts/{alert_id}").json()["undecided"]


def test_a_reader_reads_and_changes_nothing(desk: Desk, client_as: Any) -> None:
    """The role decides."""
    path = f"/api/v1/alerts/{desk.alert()}"
    reader = client_as("read-only", **desk.services)
    assert reader.get(path).status_code == 200
    assert reader.patch(path, json={"severity": 1}).status_code == 403
    assert reader.post(f"{path}/promote").status_code == 403
