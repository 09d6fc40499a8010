"""What a rule writes into an event."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.core.attack import Technique, known_techniques
from tocsin.core.event import Value
from tocsin.rules.model import Rule

COMPLIANCE = ("pci_dss", "cis", "gdpr", "gpg13", "hipaa", "nist_800_53", "tsc")
"""Frameworks whose requirements stand among the groups as `<framework>_<requirement>`."""


def put_verdict(fields: dict[str, Value], rule: Rule, description: str) -> None:
    """Write the rule's identity, groups and techniques; `description` has its values filled in."""
    fields["rule.id"] = str(rule.id)
    fields["rule.level"] = rule.level
    fields["rule.description"] = description
    parts = rule.divided_groups
    if parts is None:
        parts = name_parts(rule, known_techniques())
    for name, values in parts:
        fields[name] = values.copy()
    if rule.composite is not None:
        fields["rule.frequency"] = rule.composite.frequency


def name_parts(rule: Rule, techniques: Mapping[str, Technique]) -> list[tuple[str, list[str]]]:
    """Work out, and keep with the rule, what stands in lists of its own in every event it fires on.

    These are the groups, those of compliance frameworks apart as in Wazuh's alerts (`rule.pci_dss`), what is
    noted about the rule, and the techniques with their names and tactics as far as they are known.
    """
    divided: dict[str, list[str]] = {}
    for group in rule.groups:
        framework = next((f for f in COMPLIANCE if group.startswith(f + "_")), "")
        name = f"rule.{framework}" if framework else "rule.groups"
        divided.setdefault(name, []).append(group[len(framework) + 1 :] if framework else group)
    for kind, text in rule.info:
        divided.setdefault("rule.cve" if kind == "cve" else "rule.info", []).append(text)
    if rule.mitre:
        divided["threat.technique.id"] = list(rule.mitre)
        named = [techniques[identifier] for identifier in rule.mitre if identifier in techniques]
        if named:
            divided["threat.technique.name"] = [technique.name for technique in named]
            tactics = (tactic for technique in named for tactic in technique.tactics)
            divided["threat.tactic.name"] = list(dict.fromkeys(tactics))
    parts = list(divided.items())
    rule.divided_groups = parts
    return parts
