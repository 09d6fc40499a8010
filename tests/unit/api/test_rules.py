"""The routes of rules and detection."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tocsin.api.rules import router
from tocsin.detect.engine import Detector
from tocsin.detect.ruleset import RuleSet
from tocsin.detect.service import RuleBook, RuleService

RULE = "name: Eve\ntype: any\nfilter:\n- term: {user.name: eve}\n"


class Log:
    def follow(self, after, limit=5000):
        return []

    def last_commit(self):
        return 7


@pytest.fixture
def detection(platform, tmp_path):
    folder = tmp_path / "detections"
    folder.mkdir()
    (folder / "eve.yml").write_text(RULE)
    (folder / "bad.yml").write_text("type: any\nfilter:\n- trem: {a: 1}\n")
    sink = SimpleNamespace(record=None)
    detector = Detector(
        Log(), platform.db, sink, RuleSet([]), clock=platform.clock, announcer=platform.announcer
    )
    service = RuleService(RuleBook([folder]), detector, platform.db, platform.audit)
    service.reload()
    return service


def test_rules_are_listed_and_read(client_as, detection):
    """With their figures; one with its text; an unknown one is not found."""
    client = client_as("read-only", [router], detection=detection)
    items = client.get("/api/v1/rules").json()["items"]
    assert ["rule-level", "known-indicator", "Eve"] == [item["id"] for item in items]
    rule = client.get("/api/v1/rules/Eve").json()
    assert (RULE, True, 0, None) == (rule["text"], rule["enabled"], rule["matches"], rule["last_match_at"])
    assert client.get("/api/v1/rules/nope").status_code == 404


def test_what_was_refused_is_listed(client_as, detection):
    """With file, line and reason."""
    (problem,) = (
        client_as("analyst", [router], detection=detection).get("/api/v1/rules/problems").json()["items"]
    )
    assert problem["path"].endswith("bad.yml")
    assert (2, True) == (problem["line"], "trem" in problem["reason"])


def test_an_administrator_switches_a_rule(client_as, detection, platform):
    """It is told to listeners; an analyst may not."""
    client = client_as("administrator", [router], detection=detection)
    with platform.announcer.listen() as heard:
        assert client.patch("/api/v1/rules/Eve", json={"enabled": False}).json()["enabled"] is False
        assert heard.get_nowait().topic == "rules"
    assert client.get("/api/v1/rules/Eve").json()["enabled"] is False
    denied = client_as("analyst", [router], detection=detection)
    assert denied.patch("/api/v1/rules/Eve", json={"enabled": True}).status_code == 403


def test_a_rule_is_tried_on_an_event(client_as, detection):
    """Under the names other systems use, too; a bad rule is a problem with its line."""
    client = client_as("analyst", [router], detection=detection)
    event = {"fields": {"data.dstuser": "eve"}}
    found = client.post("/api/v1/rules/test", json={"text": RULE, "event": event}).json()
    assert (True, "user.name", "eve") == (
        found["matched"],
        found["clauses"][0]["field"],
        found["clauses"][0]["value"],
    )
    bad = client.post("/api/v1/rules/test", json={"text": "type: any\nfilter: [{trem: 1}]", "event": event})
    assert (400, "content-refused") == (bad.status_code, bad.json()["code"])
    other = client.post("/api/v1/rules/test", json={"text": RULE, "kind": "sigma", "event": event})
    assert other.status_code == 400


def test_the_lag_is_told(client_as, detection):
    """In commits and milliseconds."""
    found = client_as("analyst", [router], detection=detection).get("/api/v1/detect/status").json()
    assert (0, 7, 7) == (found["offset"], found["last_commit"], found["lag_commits"])


def test_an_administrator_silences_a_rule(client_as, detection):
    """For a while, or one key of it; others see it, and an analyst may not."""
    admin = client_as("administrator", [router], detection=detection)
    order = {"minutes": 90, "group_key": "192.0.2.1", "reason": "pentest"}
    assert admin.post("/api/v1/rules/Eve/silence", json=order).status_code == 201
    assert admin.post("/api/v1/rules/nope/silence", json=order).status_code == 404
    assert admin.post("/api/v1/rules/Eve/silence", json={"minutes": 0}).status_code == 400
    analyst = client_as("analyst", [router], detection=detection)
    (silence,) = analyst.get("/api/v1/rules/silences").json()["items"]
    assert ("Eve", "192.0.2.1", "pentest") == (silence["rule_id"], silence["group_key"], silence["reason"])
    assert [silence] == analyst.get("/api/v1/rules/Eve").json()["silences"]
    assert analyst.delete("/api/v1/rules/Eve/silence?group_key=192.0.2.1").status_code == 403
    assert admin.delete("/api/v1/rules/Eve/silence?group_key=192.0.2.1").status_code == 204
    assert admin.delete("/api/v1/rules/Eve/silence").status_code == 404


def test_a_rule_says_how_it_watches(client_as, detection):
    """Its mode and type, where the modes differ, whom its author wanted told, what it costs and holds."""
    rule = client_as("read-only", [router], detection=detection).get("/api/v1/rules/Eve").json()
    assert ("exact", "any") == (rule["mode"], rule["type"])
    assert (3600, [], True) == (
        rule["watch"]["lateness_s"],
        rule["watch"]["notify"],
        bool(rule["watch"]["modes_differ"]),
    )
    assert (0, 0, 0) == (rule["cpu_ms"], rule["held_events"], rule["late_events"])
