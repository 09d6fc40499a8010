"""The routes of backtests, and the budget that switching a rule on must keep."""

from __future__ import annotations

import json

import pytest
from tests.unit.api.detecting import detecting, rehearsing

from tocsin.accounts.audit import AuditFilter
from tocsin.api import exceptions as exception_routes
from tocsin.api import rules as rule_routes
from tocsin.api.backtests import router
from tocsin.core.clock import HOUR, from_iso
from tocsin.core.event import Event
from tocsin.detect.budget import Budget, Gatekeeper
from tocsin.detect.exception_book import ExceptionBook
from tocsin.detect.report import Bounds
from tocsin.settings import Settings

RULE = "name: Eve\ntype: any\nquery_key: host.name\nfilter:\n- term: {user.name: eve}\n"
NOON = from_iso("2026-11-24T12:00:00Z")


def event(seq):
    at = NOON - seq * HOUR
    return Event("t", seq, at, at, "", {"user.name": "eve", "host.name": f"web{seq}"})


@pytest.fixture
def rig(platform, tmp_path):
    """Services with a rule that is off and a log of three events."""
    files = {"eve.yml": RULE + "is_enabled: false\n"}
    detection, detector = detecting(platform, tmp_path / "detections", files)
    rehearsals = rehearsing(platform, detector, map(event, (3, 2, 1)))
    return {
        "detection": detection,
        "rehearsals": rehearsals,
        "gatekeeper": Gatekeeper(rehearsals, Budget(alerts_per_day=2), platform.clock),
        "settings": Settings(data=tmp_path),
    }


def test_a_stored_rule_is_tried(client_as, rig):
    """Over the last days, by somebody who may read rules and events."""
    found = client_as("analyst", [router], **rig).post("/api/v1/rules/backtest", json={"rule_id": "Eve"})
    report = found.json()
    assert (3, 3, True, 3) == (
        report["events"],
        report["alerts"],
        report["complete"],
        report["busiest_day_alerts"],
    )
    assert ["t~3", "t~2", "t~1"] == [each["event_ids"][0] for each in report["samples"]]
    assert 8 == len(report["days"])


def test_a_text_is_tried_with_progress(client_as, rig):
    """As lines, the report last."""
    client = client_as("analyst", [router], **rig)
    body = {"text": RULE, "max_events": 2, "from_at": "2026-11-24T00:00:00Z"}
    answer = client.post("/api/v1/rules/backtest", json=body, headers={"accept": "application/x-ndjson"})
    *progress, last = [json.loads(line) for line in answer.text.splitlines()]
    assert [0, 2] == [line["progress"]["events"] for line in progress]
    assert ("events", False) == (last["report"]["stopped_by"], last["report"]["complete"])


def test_what_cannot_be_tried_is_refused(client_as, rig):
    """Neither rule nor text, an unknown rule, a bad text, another one under way; nobody in particular."""
    client = client_as("analyst", [router], **rig)
    for body, status in (
        ({}, 400),
        ({"rule_id": "Eve", "text": RULE}, 400),
        ({"rule_id": "nope"}, 404),
        ({"text": "type: any\nfilter: [{trem: 1}]"}, 400),
        ({"rule_id": "Eve", "from_at": "2026-11-25T00:00:00Z", "to_at": "2026-11-24T00:00:00Z"}, 400),
    ):
        assert status == client.post("/api/v1/rules/backtest", json=body).status_code, body
    rehearsals = rig["rehearsals"]
    running = rehearsals.run(rehearsals.stored("Eve"), Bounds(NOON - HOUR, NOON))
    next(running)
    assert 429 == client.post("/api/v1/rules/backtest", json={"rule_id": "Eve"}).status_code
    running.close()
    assert 200 == client.post("/api/v1/rules/backtest", json={"rule_id": "Eve"}).status_code
    nobody = client_as(None, [router], **rig)
    assert 401 == nobody.post("/api/v1/rules/backtest", json={"rule_id": "Eve"}).status_code


def test_a_rule_over_the_budget_needs_a_reason(client_as, rig, platform):
    """Without one it stays off; with one, the trail says who, why and how many alerts."""
    client = client_as("administrator", [rule_routes.router], **rig)
    refused = client.patch("/api/v1/rules/Eve", json={"enabled": True})
    assert (409, "over-budget") == (refused.status_code, refused.json()["code"])
    assert client.get("/api/v1/rules/Eve").json()["enabled"] is False
    body = {"enabled": True, "override": "red team week"}
    assert client.patch("/api/v1/rules/Eve", json=body).json()["enabled"] is True
    with platform.db.read() as tx:
        (entry,) = platform.audit.entries(tx, AuditFilter(kind="rule", subject="Eve"), 10)
    assert ("enable", "red team week", 3, 2) == (
        entry.action,
        entry.details["override"],
        entry.details["busiest_day"],
        entry.details["budget"],
    )
    assert 200 == client.patch("/api/v1/rules/Eve", json={"enabled": True}).status_code
    assert client.patch("/api/v1/rules/Eve", json={"enabled": False}).json()["enabled"] is False


def test_an_exception_is_tried_before_it_counts(client_as, rig, platform):
    """It says what it would have removed; a rule nobody has, and a condition of everything, are refused."""
    book = ExceptionBook(platform.clock, platform.audit, lambda: rig["detection"].rules)
    client = client_as("analyst", [exception_routes.router], **rig, exceptions=book)
    body = {"rule_id": "Eve", "condition": "host.name: web1"}
    found = client.post("/api/v1/exceptions/backtest", json=body).json()
    assert (3, 2, 1, {}) == (
        found["alerts_before"],
        found["alerts_after"],
        found["removed"],
        found["closed_as"],
    )
    assert 404 == client.post("/api/v1/exceptions/backtest", json=body | {"rule_id": "nope"}).status_code
    assert 400 == client.post("/api/v1/exceptions/backtest", json=body | {"condition": "*"}).status_code


def test_an_exception_of_a_classifying_rule_is_tried_on_its_level(client_as, rig, platform):
    """Its number stands for the alerts that its level opens."""
    book = ExceptionBook(platform.clock, platform.audit, lambda: rig["detection"].rules)
    client = client_as("analyst", [exception_routes.router], **rig, exceptions=book)
    body = {"rule_id": "5712", "condition": "host.name: web1"}
    found = client.post("/api/v1/exceptions/backtest", json=body).json()
    assert (0, 0) == (found["alerts_before"], found["removed"])
