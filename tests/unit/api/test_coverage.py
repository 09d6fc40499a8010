"""The routes of coverage."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from tests.unit.api.detecting import detecting

from tocsin.api.coverage import router
from tocsin.detect.gaps import Census
from tocsin.rules.catalogue import RuleView

SIGMA = """\
title: Shell by the web server
id: 6f4f7f54-6f2b-4d8e-9a2f-0d3a4b1c5e77
logsource: {category: webserver}
detection:
  s: {cs-uri-stem|endswith: /.env}
  condition: s
tags: [attack.t1552.001]
"""
EVE = "name: Eve\ntype: any\nfilter:\n- term: {user.name: eve}\ntocsin: {techniques: [T1078]}\n"


def view(number, mitre, level=5):
    return RuleView(number, level, f"Rule {number}", (), mitre, "r.xml", 1, None, True, 3, 0, None, 0, 0)


@pytest.fixture
def rig(platform, tmp_path):
    """Two detections, two rules that classify, and a log that has users only."""
    detection, detector = detecting(platform, tmp_path / "detections", {"env.yml": SIGMA, "eve.yml": EVE})
    views = [view("5712", ("T1110",)), view("5700", ("T1110",), level=0)]
    catalogue = SimpleNamespace(list=lambda: views)
    return {
        "detection": detection,
        "analysis": SimpleNamespace(catalogue=lambda: catalogue),
        "census": Census(lambda: detector.rules, lambda: {"user.name"}, lambda _: False, platform.clock),
    }


def test_the_matrix_counts_detections_and_classifying_rules(client_as, rig):
    """Rules of level 0 only sort events: they cover nothing."""
    client = client_as("read-only", [router], **rig)
    found = client.get("/api/v1/coverage/attack").json()
    covered = {each["id"]: each for each in found["techniques"] if each["enabled"]}
    assert {"T1078", "T1110", "T1552.001"} == set(covered)
    assert (1, 3) == (covered["T1110"]["fired"], covered["T1110"]["matches"])
    assert ("Reconnaissance", 14) == (found["tactics"][0], len(found["tactics"]))
    one = client.get("/api/v1/coverage/attack/t1110").json()
    assert [("5712", "wazuh")] == [(rule["id"], rule["kind"]) for rule in one["rules"]]
    assert 404 == client.get("/api/v1/coverage/attack/T9999").status_code


def test_rules_are_listed_by_technique(client_as, rig):
    """With those of its sub-techniques."""
    client = client_as("read-only", [router], **rig)
    items = client.get("/api/v1/coverage/rules?technique=T1552").json()["items"]
    assert ["Shell by the web server"] == [item["name"] for item in items]


def test_a_layer_is_downloaded(client_as, rig):
    """As a file, by either score; an unknown score is refused."""
    client = client_as("read-only", [router], **rig)
    answer = client.get("/api/v1/coverage/attack/navigator?score=fired")
    assert 'attachment; filename="tocsin-coverage-fired.json"' == answer.headers["content-disposition"]
    scores = {each["techniqueID"]: each.get("score") for each in answer.json()["techniques"]}
    assert {"T1078": None, "T1110": 1, "T1552.001": None} == scores
    assert 400 == client.get("/api/v1/coverage/attack/navigator?score=luck").status_code


def test_what_the_data_lacks_is_told(client_as, rig):
    """For all rules by field, and for one in sentences."""
    client = client_as("read-only", [router], **rig)
    gaps = client.get("/api/v1/coverage/gaps").json()
    assert (2, ["Shell by the web server"]) == (gaps["rules"], [each["name"] for each in gaps["dead"]])
    assert gaps["fields"]
    one = client.get(f"/api/v1/rules/{gaps['dead'][0]['rule_id']}/coverage").json()
    assert (False, False) == (one["logs_seen"], one["can_match"])
    assert any("your data never had" in each for each in one["sentences"])
    eve = client.get("/api/v1/rules/Eve/coverage").json()
    assert (True, ["needs field user.name; your data has it"]) == (eve["can_match"], eve["sentences"])
    assert 404 == client.get("/api/v1/rules/nope/coverage").status_code
