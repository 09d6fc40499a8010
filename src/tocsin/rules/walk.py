"""The stateless walk of the rule tree: a verdict, or the few rules that memory must decide between.

A walk that meets rules guarded by memory yields a list of nodes `[rule id, description, nodes]`: what
would hold if the guards do, in the order upstream would try them.
"""

from __future__ import annotations

import re
from typing import Any

from tocsin.decode.naming import readable
from tocsin.decode.subject import Subject
from tocsin.rules.entries import Level
from tocsin.rules.model import Rule

Node = list[Any]
_PLACEHOLDER = re.compile(r"\$\(([^)]+)\)")
_MAX_DESCRIPTION = 1_024


def walk(level: Level, subject: Subject, hits: set[int]) -> Rule | list[Node] | None:
    """Return the rule that is the verdict, or nodes for memory to decide, or None when no rule holds.

    `hits` are the atoms of the subject's log, from the scan that the levels were indexed for.
    """
    nodes: list[Node] = []
    for entry in level.of(subject, hits):
        if entry.asks and not entry.holds(subject, hits):
            continue
        rule = entry.rule
        below = entry.below
        inner = walk(below, subject, hits) if below is not None else None
        if not entry.guarded:
            if inner is None and entry.noalert:
                continue
            if not nodes and (inner is None or isinstance(inner, Rule)):
                return inner or rule
        nodes.append(_node(rule, inner, subject))
        if not entry.guarded and not entry.noalert:
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
