"""The routes that switch many rules, and compare an edit with what is in force."""

from __future__ import annotations

import pytest
from tests.unit.api.detecting import detecting, rehearsing

from tocsin.accounts.audit import AuditFilter
from tocsin.api import rule_editing
from tocsin.api import rules as rule_routes
from tocsin.api.rule_switches import router
from tocsin.core.clock import HOUR, from_iso
from tocsin.core.event import Event
from tocsin.detect.budget import Budget, Gatekeeper
from tocsin.detect.bulk import BulkSwitch
from tocsin.detect.editing import Editor
from tocsin.settings import Settings

NOON = from_iso("2026-11-24T12:00:00Z")


def text(name, user, **more):
    options = "".join(f"{key}: {value}\n" for key, value in more.items())
    return (
        f"name: {name}\ntype: any\nquery_key: host.name\nfilter:\n"
        f"- query_string: {{query: 'user.name: {user}'}}\n{options}"
    )


RULES = {
    "eve": text(
        "eve", "eve", is_enabled="false", tocsin="{severity: high, tags: [team], techniques: [T1110.001]}"
    ),
    "loud": text("loud", "*", is_enabled="false", tocsin="{severity: high, techniques: [T1110]}"),
    "low": text("low", "bob", is_enabled="false", tocsin="{severity: low, techniques: [T1110]}"),
    "broken": text("broken", "mallory", is_enabled="false", tocsin="{severity: high, tags: [team]}"),
}
CASES = "- name: finds mallory\n  events: [{fields: {user.name: nobody, host.name: a}}]\n  expect: {a: 1}\n"


def event(seq):
    at = NOON - seq * HOUR
    return Event("t", seq, at, at, "", {"user.name": "eve" if seq == 1 else "bob", "host.name": f"web{seq}"})


@pytest.fixture
def rig(platform, tmp_path):
    """Four rules that are off, one of them loud and one with a case that fails; four events."""
    files = {f"{name}.yml": rule for name, rule in RULES.items()} | {"broken.cases.yml": CASES}
    detection, detector = detecting(platform, tmp_path / "detections", files)
    rehearsals = rehearsing(platform, detector, map(event, (4, 3, 2, 1)))
    editor, budget = Editor(detection, rehearsals, platform.audit), Budget(alerts_per_day=3)
    return {
        "detection": detection,
        "rehearsals": rehearsals,
        "editor": editor,
        "gatekeeper": Gatekeeper(rehearsals, budget, platform.clock),
        "bulk": BulkSwitch(detection, rehearsals, editor, budget, platform.audit),
        "settings": Settings(data=tmp_path),
    }


@pytest.fixture
def admin(client_as, rig):
    return client_as("administrator", [rule_editing.router, router, rule_routes.router], **rig)


def running(client):
    items = client.get("/api/v1/rules").json()["items"]
    return {item["id"] for item in items if item["enabled"] and item["kind"] == "elastalert"}


def test_a_preview_says_what_would_be_switched_and_what_stays_off(admin):
    """With the reason: over the budget, cases that fail; nothing is switched."""
    body = {"enabled": True, "where": {"levels": ["high"]}}
    plan = admin.post("/api/v1/rules/switches", json=body).json()
    assert (1, ["eve"], None) == (plan["count"], [rule["id"] for rule in plan["rules"]], plan["change"])
    reasons = {each["id"]: each["reason"] for each in plan["refused"]}
    assert {"loud", "broken"} == set(reasons)
    assert ("4 alerts on 2026-11-24" in reasons["loud"], "finds mallory" in reasons["broken"]) == (True, True)
    assert (1, 4, None) == (
        plan["rules"][0]["busiest_day_alerts"],
        plan["backtest"]["events"],
        plan["backtest"]["stopped_by"],
    )
    assert set() == running(admin)


def test_rules_are_switched_by_technique_and_switched_back_at_once(admin, platform):
    """A technique means its sub-techniques too; what was switched since is left alone."""
    body = {"enabled": True, "where": {"tags": ["t1110"]}, "dry_run": False, "reason": "new desk"}
    done = admin.post("/api/v1/rules/switches", json=body).json()
    assert {"eve", "low"} == running(admin)
    assert 2 == done["change"]["rules"]
    admin.patch("/api/v1/rules/low", json={"enabled": False})
    undone = admin.post(f"/api/v1/rules/switches/{done['change']['id']}/undo").json()
    assert ("test-administrator" in undone["undone_by"], set()) == (True, running(admin))
    assert 409 == admin.post(f"/api/v1/rules/switches/{done['change']['id']}/undo").status_code
    assert 404 == admin.post("/api/v1/rules/switches/nope/undo").status_code
    with platform.db.read() as tx:
        undo, enable = platform.audit.entries(tx, AuditFilter(kind="rules"), 5)
    assert ("undo", 1, 1) == (undo.action, undo.details["rules"], undo.details["left_alone"])
    assert ("enable", "new desk", {"eve", "low"}) == (
        enable.action,
        enable.details["reason"],
        set(enable.details["ids"]),
    )
    assert 1 == len(admin.get("/api/v1/rules/switches").json()["items"])


def test_a_named_reason_overrides_for_all(admin):
    """The audit trail has it; rules that are on already are counted apart."""
    body = {"enabled": True, "where": {"levels": ["high"]}, "dry_run": False, "override": "exercise"}
    admin.post("/api/v1/rules/switches", json=body)
    assert {"eve", "loud", "broken"} == running(admin)
    again = admin.post("/api/v1/rules/switches", json=body | {"where": {"kinds": ["elastalert"]}}).json()
    assert (3, ["low"]) == (again["unchanged"], [rule["id"] for rule in again["rules"]])


def test_who_means_every_rule_must_say_so(admin):
    """An empty choice is refused, and so is a level there is none of."""
    for where in ({}, {"levels": ["hihg"]}):
        refused = admin.post("/api/v1/rules/switches", json={"enabled": False, "where": where})
        assert 400 == refused.status_code
    assert "did you mean 'high'" in refused.json()["detail"]


def test_only_who_may_change_rules_switches_them(client_as, rig):
    """Not even in a preview, which costs a pass over the log."""
    client = client_as("analyst", [router], **rig)
    body = {"enabled": False, "where": {"levels": ["high"]}}
    assert 403 == client.post("/api/v1/rules/switches", json=body).status_code


def test_an_edit_is_compared_with_the_rule_in_force(client_as, rig):
    """By alerts and by events, with the keys that are new and those that vanish."""
    client = client_as("analyst", [rule_editing.router, router, rule_routes.router], **rig)
    edit = {"rule_id": "eve", "text": text("eve", "bob")}
    found = client.post("/api/v1/rules/diff", json=edit).json()
    assert (3, 1, 0, 3, 1) == (
        found["new_alerts"],
        found["gone_alerts"],
        found["same_alerts"],
        found["new_events"],
        found["gone_events"],
    )
    assert ["web4", "web3", "web2"] == [each["group_key"] for each in found["new"]]
    assert [("web1", ["t~1"])] == [(each["group_key"], each["event_ids"]) for each in found["gone"]]
    assert [{"day": "2026-11-24", "before": 1, "after": 3}] == found["days"]
    assert found["complete"]


def test_two_versions_are_compared_too(admin):
    """As when somebody asks what a past edit cost."""
    admin.put("/api/v1/rules/eve/text", json={"text": text("eve", "*", is_enabled="false")})
    found = admin.post("/api/v1/rules/diff", json={"rule_id": "eve", "before": 1, "after": 2}).json()
    assert (3, 0, 1) == (found["new_alerts"], found["gone_alerts"], found["same_alerts"])
    assert 400 == admin.post("/api/v1/rules/diff", json={"rule_id": "eve"}).status_code
