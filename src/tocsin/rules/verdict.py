"""What a rule writes into an event."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.core.event import Value
from tocsin.rules.model import Rule

_COMPLIANCE = ("pci_dss", "cis", "gdpr", "gpg13", "hipaa", "nist_800_53", "tsc")
"""Frameworks whose requirements stand among the groups as `<framework>_<requirement>`."""


def put_verdict(fields: dict[str, Value], rule: Rule, description: str) -> None:
    """Write the rule's identity, groups and techniques; `description` has its values filled in."""
    fields["rule.id"] = str(rule.id)
    fields["rule.level"] = rule.level
    fields["rule.description"] = description
    for name, values in _divided(rule).items():
        fields[name] = list(values)
    if rule.mitre:
        fields["threat.technique.id"] = list(rule.mitre)
    if rule.composite is not None:
        fields["rule.frequency"] = rule.composite.frequency


def _divided(rule: Rule) -> Mapping[str, list[str]]:
    """Return the groups, those of compliance frameworks apart as in Wazuh's alerts (`rule.pci_dss`)."""
    if rule.divided_groups is None:
        divided: dict[str, list[str]] = {}
        for group in rule.groups:
            framework = next((f for f in _COMPLIANCE if group.startswith(f + "_")), "")
            name = f"rule.{framework}" if framework else "rule.groups"
            divided.setdefault(name, []).append(group[len(framework) + 1 :] if framework else group)
        rule.divided_groups = divided
    return rule.divided_groups
