"""A plain walk of the rule tree that notes which rules were candidates and the clause each failed on.

Conditions are compiled once more from the rule's source, one by one. Where memory of earlier events has
a say, the engine's verdict tells how it decided.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec

from tocsin.decode.markup import Element
from tocsin.decode.naming import readable
from tocsin.decode.subject import Subject
from tocsin.rules.catalogue import Condition
from tocsin.rules.conditions import ConditionError, compile_conditions
from tocsin.rules.model import Rule, Test
from tocsin.rules.sources import Sources

_ORDER = (
    *("decoded_as", "program_name", "id", "system_name", "protocol", "match", "regex", "action", "url"),
    *("location", "field", "srcip", "dstip", "srcport", "dstport", "compiled_rule", "user", "srcgeoip"),
    *("dstgeoip", "maxsize", "time", "weekday", "data", "extra_data", "hostname", "status", "list"),
)
"""The order in which Wazuh checks conditions, so that the clause named is the first that fails there."""
_APART = frozenset({"field", "list", "time", "weekday", "compiled_rule"})
"""Tags of which each element is a condition of its own; of others the texts make up one."""
_MOST_SHOWN = 500

Clause = tuple[Condition, Test]


class RuleStep(msgspec.Struct, frozen=True):
    """A rule that was a candidate."""

    id: str
    level: int
    description: str
    file: str
    line: int
    depth: int
    outcome: Literal["failed", "matched", "waits", "off", "passes"]
    """`waits`: its conditions hold, but not what it asks of earlier events; `passes`: it holds, and leaves
    the verdict to others (noalert, or switched off)."""
    held: int
    """How many conditions held before the one that failed."""
    clause: Condition | None = None
    value: str | None = None
    """What the clause saw; None when there was no value."""
    note: str = ""


class RuleWalk:
    """Walks the tree over one subject after the other. Not thread safe."""

    def __init__(self, sources: Sources, lists: Mapping[str, dict[str, str]]) -> None:
        self._sources = sources
        self._lists = lists
        self._clauses: dict[int, list[Clause]] = {}
        self._below: dict[int, frozenset[int]] = {}

    def walk(
        self, root: Rule, subject: Subject, verdict: int, note: Callable[[Rule], str]
    ) -> tuple[Rule | None, list[RuleStep]]:
        """Return the rule the walk ends at, and every candidate in order.

        `verdict` is the id of the engine's, 0 for none; `note` says of a rule that waits what for.
        """
        run = _Run(self, subject, verdict, note)
        found = run.first(root.children if not root.id else (root,), 0)
        return found, run.steps

    def clauses(self, rule: Rule) -> list[Clause]:
        """Return the conditions of a rule in the order they are checked."""
        found = self._clauses.get(rule.id)
        if found is None:
            element = self._sources.element_of(rule)
            found = _compiled(rule, element, self._lists) if element is not None else _unknown(rule)
            self._clauses[rule.id] = found
        return found

    def leads_to(self, rule: Rule, verdict: int) -> bool:
        """Whether the verdict is the rule or stands below it."""
        below = self._below.get(rule.id)
        if below is None:
            below = self._below[rule.id] = frozenset(_ids(rule))
        return verdict in below


class _Run:
    def __init__(self, walk: RuleWalk, subject: Subject, verdict: int, note: Callable[[Rule], str]) -> None:
        self._walk = walk
        self._subject = subject
        self._verdict = verdict
        self._note = note
        self.steps: list[RuleStep] = []

    def first(self, rules: Sequence[Rule], depth: int) -> Rule | None:
        for rule in rules:
            if not self._holds(rule, depth):
                continue
            if rule.guarded and not self._walk.leads_to(rule, self._verdict):
                self._add(rule, depth, "waits", note=self._note(rule))
                continue
            at = len(self.steps)
            self._add(rule, depth, "matched", note=self._note(rule) if rule.guarded else "")
            found = self.first(rule.children, depth + 1)
            if found is not None:
                return found
            if not rule.noalert:
                return rule
            self.steps[at] = msgspec.structs.replace(self.steps[at], outcome="passes")
        return None

    def _holds(self, rule: Rule, depth: int) -> bool:
        subject = self._subject
        for held, (condition, test) in enumerate(self._walk.clauses(rule)):
            if not test(subject):
                self._add(rule, depth, "failed", held=held, clause=condition, value=_seen(condition, subject))
                return False
        if not all(test(subject) for test in rule.tests):
            self._add(rule, depth, "off", note="switched off, or its file has changed since it was loaded")
            return False
        return True

    def _add(
        self,
        rule: Rule,
        depth: int,
        outcome: Literal["failed", "matched", "waits", "off", "passes"],
        *,
        held: int = -1,
        clause: Condition | None = None,
        value: str | None = None,
        note: str = "",
    ) -> None:
        held = len(self._walk.clauses(rule)) if held < 0 else held
        step = RuleStep(
            str(rule.id),
            rule.level,
            rule.description,
            rule.path,
            rule.line,
            depth,
            outcome,
            held,
            clause,
            value,
            note,
        )
        self.steps.append(step)


def _compiled(rule: Rule, element: Element, lists: Mapping[str, dict[str, str]]) -> list[Clause]:
    groups: dict[tuple[str, int], list[Element]] = {}
    for number, child in enumerate(element.children):
        if child.name in _ORDER:
            groups.setdefault((child.name, number if child.name in _APART else 0), []).append(child)
    found = [_clause(group, lists) for (tag, _), group in groups.items() if tag != "decoded_as"]
    if rule.decoded_as is not None:
        found.append(_decoded_as(rule.decoded_as, element.line))
    size = element.attributes.get("maxsize", "").strip()
    if size.isdigit():
        least = int(size)
        found.append((Condition("maxsize", size, {}, element.line), lambda subject: subject.size >= least))
    return sorted(found, key=lambda clause: _ORDER.index(clause[0].tag))


def _clause(group: list[Element], lists: Mapping[str, dict[str, str]]) -> Clause:
    last = group[-1]
    attributes = {name: readable(value) for name, value in last.attributes.items()}
    separator = ", " if last.name in ("srcip", "dstip") else ""
    condition = Condition(
        last.name, readable(separator.join(e.text for e in group)), attributes, group[0].line
    )
    try:
        tests = compile_conditions(group, lists).tests
    except ConditionError:
        return condition, lambda _subject: True  # refused when it was loaded: the rule's own tests decide
    return condition, lambda subject: all(test(subject) for test in tests)


def _decoded_as(name: str, line: int) -> Clause:
    return Condition("decoded_as", readable(name), {}, line), lambda subject: subject.decoder == name


def _unknown(rule: Rule) -> list[Clause]:
    condition = Condition("source", "the file has changed since it was loaded")
    return [(condition, lambda subject: all(test(subject) for test in rule.tests))]


def _seen(condition: Condition, subject: Subject) -> str | None:
    """Return the value a condition looked at."""
    tag = condition.tag
    if tag in ("match", "regex"):
        found: str | None = subject.log
    elif tag == "decoded_as":
        found = subject.decoder or None
    elif tag == "user":
        found = subject.value("dstuser") or subject.value("srcuser")
    elif tag in ("field", "list"):
        found = subject.value(condition.attributes.get("name" if tag == "field" else "field", "").lower())
    elif tag == "maxsize":
        found = str(subject.size)
    elif tag in ("time", "weekday", "compiled_rule"):
        found = str(subject.at) if tag != "compiled_rule" else subject.log
    else:
        found = subject.value(tag)
    return None if found is None else readable(found[:_MOST_SHOWN])


def _ids(rule: Rule) -> set[int]:
    ids, open_ = {rule.id}, list(rule.children)
    while open_:
        child = open_.pop()
        if child.id not in ids:
            ids.add(child.id)
            open_ += child.children
    return ids
