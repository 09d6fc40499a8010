"""The routes of the rules of analysis."""

from __future__ import annotations

import pytest

from tocsin.accounts.audit import AuditFilter
from tocsin.api.analysis_rules import router
from tocsin.core.record import Record
from tocsin.rules import Correlation
from tocsin.rules.service import AnalysisRules, Content
from tocsin.rules.statistics import RuleStatistics
from tocsin.rules.switchbook import SwitchBook

BASE = "/api/v1/analysis"
RULES = r"""<group name="demo,">
<rule id="100" level="3"><match>login</match><description>Login.</description></rule>
<rule id="101" level="9"><if_sid>100</if_sid><match>root</match><description>As root.</description></rule>
<rule id="102" level="3"><match>login</match><description>Never.</description></rule>
</group>"""


Memory = Correlation


@pytest.fixture
def analysis(platform, tmp_path):
    (tmp_path / "content" / "rules").mkdir(parents=True)
    (tmp_path / "content" / "rules" / "demo.xml").write_text(RULES)
    statistics = RuleStatistics(tmp_path / "figures.json", platform.clock, alert_level=7)
    content = Content(lambda: [tmp_path / "content"], SwitchBook(tmp_path / "switches.json"))
    return AnalysisRules(content, statistics, platform.db, platform.clock, platform.audit, memory=Memory)


def test_rules_are_listed_page_by_page(client_as, analysis):
    """With filters, a cursor, and how many there are."""
    client = client_as("read-only", [router], analysis=analysis)
    first = client.get(f"{BASE}/rules", params={"limit": 2}).json()
    assert (["100", "101"], 3) == ([rule["id"] for rule in first["items"]], first["total"])
    rest = client.get(f"{BASE}/rules", params={"cursor": first["next"]}).json()
    assert (["102"], None) == ([rule["id"] for rule in rest["items"]], rest["next"])
    high = client.get(f"{BASE}/rules", params={"level": 9, "file": "demo.xml"}).json()
    assert ["101"] == [rule["id"] for rule in high["items"]]
    assert 400 == client.get(f"{BASE}/rules", params={"cursor": "x"}).status_code


def test_one_rule_is_read_whole(client_as, analysis):
    """Source, conditions, family; an unknown one is not found, a malformed id refused."""
    client = client_as("read-only", [router], analysis=analysis)
    detail = client.get(f"{BASE}/rules/101").json()
    assert ("match", "root") == (detail["conditions"][0]["tag"], detail["conditions"][0]["text"])
    assert ["100"] == [rule["id"] for rule in detail["parents"]]
    assert 3 == detail["source"][0]["line"]
    assert 404 == client.get(f"{BASE}/rules/999").status_code
    assert 400 == client.get(f"{BASE}/rules/x").status_code
    (top, _) = client.get(f"{BASE}/tree").json()
    assert ("100", ["101"]) == (top["id"], [child["id"] for child in top["children"]])


def test_a_rule_is_switched_at_once(client_as, analysis, platform):
    """It is in force when the answer comes, in the trail, and not for everybody."""
    client = client_as("administrator", [router], analysis=analysis)
    answer = client.put(f"{BASE}/rules/101", json={"enabled": False})
    assert (200, False) == (answer.status_code, answer.json()["enabled"])
    (found,) = client.post(f"{BASE}/explain", json={"lines": ["login root"]}).json()
    assert ("100", True) == (found["verdict"]["id"], found["agrees"])
    with platform.db.read() as tx:
        actions = [entry.action for entry in platform.audit.entries(tx, AuditFilter(), 10)]
    assert {"disable", "reload"} <= set(actions)
    assert [("rule", "101", False)] == [
        (s["kind"], s["subject"], s["enabled"]) for s in client.get(f"{BASE}/switches").json()
    ]
    denied = client_as("analyst", [router], analysis=analysis)
    assert 403 == denied.put(f"{BASE}/rules/101", json={"enabled": True}).status_code
    assert 403 == denied.post(f"{BASE}/reload").status_code
    group = {"kind": "group", "subject": "demo", "enabled": False}
    assert 200 == client.put(f"{BASE}/switches", json=group).status_code
    assert client.post(f"{BASE}/explain", json={"lines": ["login"]}).json()[0]["verdict"] is None


def test_reload_says_what_changed(client_as, analysis, tmp_path):
    """Added, changed and removed rules, and that more is refused; the new set is in force all the same."""
    text = (
        RULES.replace("As root.", "As the boss.")
        .replace('id="102"', 'id="103"')
        .replace("</group>", '<rule id="104" level="99"><description>d</description></rule></group>')
    )
    (tmp_path / "content" / "rules" / "demo.xml").write_text(text)
    client = client_as("administrator", [router], analysis=analysis)
    report = client.post(f"{BASE}/reload").json()
    assert (["103", "104"], ["101"], ["102"]) == (report["added"], report["changed"], report["removed"])
    assert (0, 1) == (report["problems_before"], report["problems"])
    (problem,) = client.get(f"{BASE}/problems").json()
    assert ("104", 5) == (problem["subject"], problem["line"])
    assert "As the boss." == client.get(f"{BASE}/rules/101").json()["rule"]["description"]


def test_lines_are_explained_in_a_session_of_their_own(client_as, analysis):
    """Bounded in number and length."""
    client = client_as("read-only", [router], analysis=analysis)
    (found,) = client.post(f"{BASE}/explain", json={"lines": ["login root"], "all": True}).json()
    assert "101" == found["verdict"]["id"]
    assert 400 == client.post(f"{BASE}/explain", json={"lines": []}).status_code
    assert 400 == client.post(f"{BASE}/explain", json={"lines": ["x" * 70_000]}).status_code


def test_figures_and_dead_rules(client_as, analysis):
    """What was met most, what can never be, what was not met for long."""
    ruleset = analysis.edition.ruleset
    records = [Record("s", seq, b"login", 1_000_000 + seq) for seq in range(1, 4)]
    analysis.settle(ruleset.classify(records))
    client = client_as("read-only", [router], analysis=analysis)
    (top,) = client.get(f"{BASE}/stats").json()
    assert ("100", 3, 0, 1_000_003) == (top["id"], top["hits"], top["alerts"], top["last_hit_at"])
    report = client.get(f"{BASE}/dead", params={"unseen_days": 1}).json()
    assert [("102", "shadowed")] == [(rule["id"], rule["kind"]) for rule in report["dead"]]
    assert {"100", "101", "102"} == {rule["id"] for rule in report["unseen"]}
