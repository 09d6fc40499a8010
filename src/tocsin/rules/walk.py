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
    parts = rule.description_parts
    if parts is None:
        parts = rule.description_parts = _parts(rule.description)
    if not parts:
        return rule.description
    shown: list[str] = []
    for text, name in parts:
        shown.append(text)
        if name:
            shown.append(readable(subject.value(name) or ""))
    described = "".join(shown)
    return described if len(described) <= _MAX_DESCRIPTION else rule.description


def _parts(description: str) -> tuple[tuple[str, str], ...]:
    """Return texts, each with the field whose value follows it; nothing where no value is shown."""
    pieces = _PLACEHOLDER.split(description)
    if len(pieces) == 1:
        return ()
    names = [name.strip().lower() for name in pieces[1::2]]
    names = ["dstuser" if name == "user" else name for name in names]
    return tuple(zip(pieces[::2], [*names, ""], strict=True))
