"""The stateless walk of the rule tree: a verdict, or the few rules that memory must decide between.

A walk that meets rules guarded by memory yields a list of nodes `[rule id, description, nodes]`: what
would hold if the guards do, in the order upstream would try them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tocsin.decode.naming import readable
from tocsin.decode.subject import Subject
from tocsin.rules.model import Rule

Node = list[Any]
_PLACEHOLDER = re.compile(r"\$\(([^)]+)\)")
_MAX_DESCRIPTION = 1_024


def walk(root: Rule, subject: Subject) -> Rule | list[Node] | None:
    """Return the rule that is the verdict, or nodes for memory to decide, or None when no rule holds."""
    if root.id:
        return _first((root,), subject)
    # A root that no content states is no rule: it never stands in a verdict or among the nodes.
    return _first(root.siblings.of(subject), subject) if root.siblings is not None else None


def _first(rules: Sequence[Rule], subject: Subject) -> Rule | list[Node] | None:
    nodes: list[Node] = []
    for rule in rules:
        for test in rule.tests:
            if not test(subject):
                break
        else:
            inner = _first(rule.siblings.of(subject), subject) if rule.siblings is not None else None
            if not rule.guarded:
                if inner is None and rule.noalert:
                    continue
                if not nodes and (inner is None or isinstance(inner, Rule)):
                    return inner or rule
            nodes.append(_node(rule, inner, subject))
            if not rule.guarded and not rule.noalert:
                return nodes
    return nodes or None


def _node(rule: Rule, inner: Rule | list[Node] | None, subject: Subject) -> Node:
    if isinstance(inner, Rule):
        inner = [_node(inner, None, subject)]
    return [rule.id, describe(rule, subject), inner or []]


def describe(rule: Rule, subject: Subject) -> str:
    """Return the rule's description with each `$(name)` replaced by the event's value, or by nothing."""
    if "$(" not in rule.description:
        return rule.description
    text = _PLACEHOLDER.sub(lambda match: _shown(match.group(1), subject), rule.description)
    return text if len(text) <= _MAX_DESCRIPTION else rule.description


def _shown(name: str, subject: Subject) -> str:
    key = name.strip().lower()
    return readable(subject.value("dstuser" if key == "user" else key) or "")
