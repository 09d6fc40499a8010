"""The routes of rule health and of the test of all rules."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tocsin.api.rule_health import router
from tocsin.detect.cost import RuleCost
from tocsin.detect.editing import Editor
from tocsin.detect.gaps import Census
from tocsin.detect.health import Verdicts
from tocsin.detect.rehearsal import Rehearsals
from tocsin.detect.retest import Retest
from tocsin.detect.ruleset import RuleSet
from tocsin.detect.service import RuleBook, RuleService
from tocsin.detect.ward import Ward
from tocsin.settings import Settings

EVE = "name: Eve\ntype: any\nquery_key: host.name\nfilter:\n- term: {user.name: eve}\n"
CASES = "- name: finds bob\n  events: [{fields: {user.name: eve, host.name: a}}]\n  expect: {b: 1}\n"


@pytest.fixture
def rig(platform, tmp_path):
    """A rule whose case fails, and alerts of it that somebody judged."""
    folder = tmp_path / "detections"
    folder.mkdir()
    (folder / "eve.yml").write_text(EVE)
    (folder / "eve.cases.yml").write_text(CASES)
    runner = SimpleNamespace(
        clock=platform.clock,
        rules=RuleSet([]),
        cost=lambda _: RuleCost(),
        status=lambda: SimpleNamespace(lag_ms=7),
    )
    runner.use = lambda rules: setattr(runner, "rules", rules)
    detection = RuleService(RuleBook([folder]), runner, platform.db, platform.audit)
    detection.reload()
    rehearsals = Rehearsals(lambda *_: (), lambda: detection.rules, platform.db, platform.clock)
    census = Census(lambda: detection.rules, lambda: {"user.name"}, lambda _: True, platform.clock)
    editor = Editor(detection, rehearsals, platform.audit)
    verdicts = {"Eve": Verdicts(3, {"2026-11-23": 3}, {"true_positive": 1, "false_positive": 1})}
    return {
        "detection": detection,
        "ward": Ward(census, lambda *_: verdicts, platform.clock),
        "retest": Retest(detection, editor, census, platform.db, platform.audit, platform.announcer),
        "settings": Settings(data=tmp_path),
    }


def test_all_rules_are_tested_and_the_result_kept(client_as, rig):
    """By somebody who may change rules; everybody reads what came of it, and when the next comes."""
    assert 403 == client_as("analyst", [router], **rig).post("/api/v1/rules/retests").status_code
    admin = client_as("administrator", [router], **rig)
    made = admin.post("/api/v1/rules/retests")
    assert (201, ["finds bob"]) == (made.status_code, [each["case"] for each in made.json()["failed"]])
    listed = admin.get("/api/v1/rules/retests").json()
    assert ("03:30", 1, 1) == (listed["scheduled_at"], listed["total"], listed["items"][0]["cases"])
    one = admin.get(f"/api/v1/rules/retests/{made.json()['id']}").json()
    assert ([], "test-administrator" in one["started_by"]) == (one["dead_ids"], True)
    assert 404 == admin.get("/api/v1/rules/retests/nope").status_code


def test_each_rule_tells_how_it_does(client_as, rig):
    """In a list with all the others; alone with its days and verdicts."""
    client_as("administrator", [router], **rig).post("/api/v1/rules/retests")
    client = client_as("read-only", [router], **rig)
    found = {each["rule_id"]: each for each in client.get("/api/v1/rules/health").json()["items"]}
    assert {"Eve", "rule-level", "known-indicator"} == set(found)
    eve = found["Eve"]
    assert ("failing", ["cases fail: finds bob", "never matched"], 0.5, 7) == (
        eve["state"],
        eve["reasons"],
        eve["precision"],
        eve["lag_ms"],
    )
    one = client.get("/api/v1/rules/Eve/health").json()
    assert ([{"day": "2026-11-23", "alerts": 3}], 2) == (one["days"], one["judged"])
    assert {"true_positive": 1, "false_positive": 1} == one["closed_as"]
    assert 404 == client.get("/api/v1/rules/nope/health").status_code
