"""The routes that save rules' texts, and the versions they leave."""

from __future__ import annotations

import pytest
from tests.unit.api.detecting import detecting, rehearsing

from tocsin.accounts.audit import AuditFilter
from tocsin.api import rules as rule_routes
from tocsin.api.rule_editing import router
from tocsin.core.clock import HOUR, from_iso
from tocsin.core.event import Event
from tocsin.detect.budget import Budget, Gatekeeper
from tocsin.detect.editing import Editor

EVE = "name: Eve\ntype: any\nquery_key: host.name\nfilter:\n- term: {user.name: eve}\n"
BOB = EVE.replace("eve", "bob")
ANYONE = EVE.replace("- term: {user.name: eve}", "- query_string: {query: 'user.name: *'}")
CASES = """\
- name: eve is found
  events: [{fields: {user.name: eve, host.name: web1}}]
  expect: {web1: 1}
"""
FIRST = "name: Eve\n"
NOON = from_iso("2026-11-24T12:00:00Z")


def event(seq):
    at = NOON - seq * HOUR
    return Event("t", seq, at, at, "", {"user.name": "bob" if seq > 1 else "eve", "host.name": f"web{seq}"})


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "detections"


@pytest.fixture
def rig(platform, folder):
    """One rule of a file with cases, a log of four events of two people, a budget of two alerts."""
    files = {"eve.yml": EVE, "eve.cases.yml": CASES}
    detection, detector = detecting(platform, folder, files)
    rehearsals = rehearsing(platform, detector, map(event, (4, 3, 2, 1)))
    return {
        "detection": detection,
        "gatekeeper": Gatekeeper(rehearsals, Budget(alerts_per_day=2), platform.clock),
        "editor": Editor(detection, rehearsals, platform.audit),
    }


@pytest.fixture
def admin(client_as, rig):
    return client_as("administrator", [router, rule_routes.router], **rig)


def version(client):
    return client.get("/api/v1/rules/Eve").json()["version"]


def test_a_text_is_checked_with_its_cases_and_nothing_is_saved(client_as, rig):
    """Whoever may read rules may ask; a text that cannot be read is named with its line."""
    client = client_as("read-only", [router, rule_routes.router], **rig)
    found = client.post("/api/v1/rules/check", json={"text": BOB, "rule_id": "Eve"}).json()
    assert ("Eve", "any", True) == (found["rule"]["id"], found["rule"]["type"], found["enabled"])
    assert [{"name": "eve is found", "passed": False, "expected": {"web1": 1}, "found": {}}] == found["cases"]
    bad = client.post("/api/v1/rules/check", json={"text": "name: x\ntype: any\nfilter: [{trem: 1}]"})
    assert (400, True) == (bad.status_code, bad.json()["location"].startswith("saved/unnamed.yml:3"))
    assert 1 == client.get("/api/v1/rules/Eve/versions").json()["total"]
    assert 403 == client.put("/api/v1/rules/Eve/text", json={"text": EVE}).status_code


def test_a_save_that_breaks_cases_is_refused_unless_overridden_by_name(admin, platform):
    """The audit trail says who did it, why, and which cases failed."""
    body = {"text": EVE.replace("eve", "alice"), "based_on": version(admin), "note": "another name"}
    refused = admin.put("/api/v1/rules/Eve/text", json=body)
    assert (409, "cases-failed") == (refused.status_code, refused.json()["code"])
    assert "eve is found" in refused.json()["detail"]
    saved = admin.put("/api/v1/rules/Eve/text", json=body | {"override": "cases follow"}).json()
    assert (2, True, True) == (saved["number"], saved["rule"]["enabled"], saved["rule"]["edited"])
    with platform.db.read() as tx:
        entries = platform.audit.entries(tx, AuditFilter(kind="rule", subject="Eve"), 5)
    details = {entry.action: entry.details for entry in entries}
    assert (["eve is found"], "cases follow") == (
        details["enable"]["failed_cases"],
        details["enable"]["override"],
    )
    assert ("another name", 2) == (details["save"]["note"], details["save"]["number"])


def test_a_save_that_goes_over_the_budget_is_refused(admin):
    """With the figures; the text in force stays."""
    refused = admin.put("/api/v1/rules/Eve/text", json={"text": ANYONE})
    assert (409, "over-budget") == (refused.status_code, refused.json()["code"])
    assert EVE == admin.get("/api/v1/rules/Eve").json()["text"]


def test_a_rule_that_is_off_is_saved_whatever_its_cases_say(admin):
    """It opens no alert; switching it on is refused then."""
    assert admin.patch("/api/v1/rules/Eve", json={"enabled": False}).is_success
    saved = admin.put("/api/v1/rules/Eve/text", json={"text": BOB.replace("bob", "carl")}).json()
    assert (False, [False]) == (saved["rule"]["enabled"], [case["passed"] for case in saved["cases"]])
    refused = admin.patch("/api/v1/rules/Eve", json={"enabled": True})
    assert (409, "cases-failed") == (refused.status_code, refused.json()["code"])


def test_who_began_with_an_older_version_overwrites_nothing(admin):
    """Of two who edit at once, the second is told."""
    began = version(admin)
    first = {"text": EVE + "description: one\n", "based_on": began}
    assert admin.put("/api/v1/rules/Eve/text", json=first).is_success
    second = admin.put("/api/v1/rules/Eve/text", json=first | {"text": EVE + "description: two\n"})
    assert (409, "outdated") == (second.status_code, second.json()["code"])


def test_a_text_of_another_rule_is_refused(admin):
    """An identifier is not changed by a save."""
    refused = admin.put("/api/v1/rules/Eve/text", json={"text": EVE.replace("Eve", "Mallory")})
    assert (400, True) == (refused.status_code, "Mallory" in refused.json()["detail"])


def test_a_new_rule_is_off_until_it_is_switched_on(admin):
    """It needs an identifier nobody has; discarded, it is gone, and its versions stay."""
    body = {
        "text": BOB.replace("Eve", "Bob"),
        "cases": CASES.replace("eve is", "bob is").replace(": eve", ": bob"),
        "note": "new",
    }
    made = admin.post("/api/v1/rules", json=body)
    assert (201, False, [True]) == (
        made.status_code,
        made.json()["rule"]["enabled"],
        [case["passed"] for case in made.json()["cases"]],
    )
    assert 409 == admin.post("/api/v1/rules", json=body).status_code
    assert 400 == admin.post("/api/v1/rules", json={"text": "type: any\nfilter: []\n"}).status_code
    assert "bob is found" in admin.get("/api/v1/rules/Bob/cases").json()["text"]
    assert 204 == admin.delete("/api/v1/rules/Bob/text").status_code
    assert 404 == admin.get("/api/v1/rules/Bob").status_code
    assert ["new"] == [each["note"] for each in admin.get("/api/v1/rules/Bob/versions").json()["items"]]


def test_every_version_is_kept_compared_and_put_back(admin):
    """Of files and of edits alike; putting one back is a version too."""
    changed = EVE + "description: who is eve\n"
    assert admin.put("/api/v1/rules/Eve/text", json={"text": changed, "note": "say who"}).is_success
    found = admin.get("/api/v1/rules/Eve/versions/diff?before=1&after=2").json()
    assert "+description: who is eve" in found["diff"].splitlines()
    back = admin.post("/api/v1/rules/Eve/versions/1/restore", json={"note": "not so"}).json()
    assert (3, EVE) == (back["number"], admin.get("/api/v1/rules/Eve").json()["text"])
    items = admin.get("/api/v1/rules/Eve/versions").json()["items"]
    assert [("rollback", "not so"), ("edit", "say who")] == [
        (each["origin"], each["note"]) for each in items[:2]
    ]
    assert ("file", "system:tocsin") == (items[2]["origin"], items[2]["saved_by"])
    assert items[0]["version"] == items[2]["version"]
    assert EVE == admin.get("/api/v1/rules/Eve/versions/1").json()["text"]
    assert 404 == admin.get("/api/v1/rules/Eve/versions/9").status_code


def test_a_file_that_changes_is_a_version_and_leaves_the_switch_alone(admin, folder):
    """Whoever switched the rule off meant it for the next import too."""
    assert admin.patch("/api/v1/rules/Eve", json={"enabled": False}).is_success
    (folder / "eve.yml").write_text(EVE + "description: from upstream\n")
    assert {"rules": 3, "problems": 0} == admin.post("/api/v1/rules/reload").json()
    rule = admin.get("/api/v1/rules/Eve").json()
    assert (False, "from upstream") == (rule["enabled"], rule["description"])
    assert ["file", "file"] == [
        each["origin"] for each in admin.get("/api/v1/rules/Eve/versions").json()["items"]
    ]


def test_an_edit_stays_in_force_when_its_file_changes_and_says_so(admin, folder):
    """Discarded, the file's new text is in force."""
    assert admin.put("/api/v1/rules/Eve/text", json={"text": EVE + "description: ours\n"}).is_success
    (folder / "eve.yml").write_text(EVE + "description: theirs\n")
    assert 1 == admin.post("/api/v1/rules/reload").json()["problems"]
    assert "ours" == admin.get("/api/v1/rules/Eve").json()["description"]
    (problem,) = admin.get("/api/v1/rules/problems").json()["items"]
    assert "has changed since Eve was edited here" in problem["reason"]
    assert 204 == admin.delete("/api/v1/rules/Eve/text?note=theirs+is+better").status_code
    rule = admin.get("/api/v1/rules/Eve").json()
    assert ("theirs", False) == (rule["description"], rule["edited"])
    assert 404 == admin.delete("/api/v1/rules/Eve/text").status_code
    newest = admin.get("/api/v1/rules/Eve/versions").json()["items"][0]
    assert ("discard", "theirs is better") == (newest["origin"], newest["note"])
