"""What a rule writes into an event."""

from __future__ import annotations

from typing import Any

from tocsin.core.attack import Technique
from tocsin.rules.model import Rule
from tocsin.rules.verdict import name_parts, put_verdict


def _rule(**more: Any) -> Rule:
    return Rule(100100, 10, "It happened.", "a.xml", 1, **more)


def test_compliance_stands_apart_from_the_groups() -> None:
    """Requirements of frameworks are lists of their own, without the framework's name."""
    fields: dict[str, Any] = {}
    put_verdict(fields, _rule(groups=("ssh", "pci_dss_10.2.4", "pci_dss_10.2.5", "nist_800_53_AU.14")), "x")
    assert ("100100", 10, "x") == (fields["rule.id"], fields["rule.level"], fields["rule.description"])
    assert ["ssh"] == fields["rule.groups"]
    assert (["10.2.4", "10.2.5"], ["AU.14"]) == (fields["rule.pci_dss"], fields["rule.nist_800_53"])


def test_techniques_have_names_and_tactics() -> None:
    """A tactic that two techniques serve stands once; an unknown technique has only its number."""
    fields: dict[str, Any] = {}
    put_verdict(fields, _rule(mitre=("T1110", "T1110.001", "T0000")), "x")
    assert ["T1110", "T1110.001", "T0000"] == fields["threat.technique.id"]
    assert ["Brute Force", "Password Guessing"] == fields["threat.technique.name"]
    assert ["Credential Access"] == fields["threat.tactic.name"]
    fields = {}
    put_verdict(fields, _rule(mitre=("T0000",)), "x")
    assert "threat.technique.name" not in fields


def test_an_operators_names_go_before_ours() -> None:
    """Names given at loading are those that are written."""
    rule = _rule(mitre=("T1110",), info=(("cve", "CVE-2024-1"), ("text", "see there")))
    name_parts(rule, {"T1110": Technique("Guessing", ("Impact",))})
    fields: dict[str, Any] = {}
    put_verdict(fields, rule, "x")
    assert (["Guessing"], ["Impact"]) == (fields["threat.technique.name"], fields["threat.tactic.name"])
    assert (["CVE-2024-1"], ["see there"]) == (fields["rule.cve"], fields["rule.info"])
