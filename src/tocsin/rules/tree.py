"""The rule tree: where each rule stands, and what replaces what."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.core.errors import Location, Problem
from tocsin.decode.patterns import compile_pattern, lower
from tocsin.rules.model import CATEGORIES, Rule
from tocsin.rules.siblings import Siblings

_HIGHEST_ROOT = 9


class Tree:
    """Rules by category, each below the rules it refines. Only rules loaded earlier can be parents.

    A category for which the content brings no root (ids 1 to 9) gets one that never alerts itself.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules: dict[int, Rule] = {}
        self.problems: list[Problem] = []
        self.roots = {name: _root(name) for name in CATEGORIES}
        for rule in rules:
            reason = self._add(rule)
            if reason:
                self.problems.append(Problem(Location(rule.path, rule.line), reason, str(rule.id)))
        for rule in (*self.rules.values(), *self.roots.values()):
            rule.siblings = Siblings(rule.children) if rule.children else None

    def _add(self, rule: Rule) -> str:
        """Place a rule; return why it is refused, or nothing."""
        known = self.rules.get(rule.id)
        if known is not None:
            if not rule.overwrite:
                return f"rule {rule.id} stands already at {known.path}:{known.line}"
            return _overwrite(known, rule)
        if 0 < rule.id <= _HIGHEST_ROOT:
            rule.children = self.roots[rule.placing.category].children
            self.roots[rule.placing.category] = rule
            self.rules[rule.id] = rule
            return ""
        parents, reason = self._parents(rule)
        for parent in parents:
            _insert(parent.children, rule)
        if parents:
            self.rules[rule.id] = rule
        return reason

    def _parents(self, rule: Rule) -> tuple[list[Rule], str]:
        placing = rule.placing
        if placing.if_sid:
            missing = [sid for sid in placing.if_sid if sid not in self.rules]
            found = [self.rules[sid] for sid in dict.fromkeys(placing.if_sid) if sid in self.rules]
            return found, f"no rule before this one has the id {missing[0]}" if missing else ""
        if placing.if_level is not None:
            found = [other for other in self.rules.values() if other.level >= placing.if_level]
            return found, "" if found else f"no rule before this one has level {placing.if_level} or more"
        if placing.if_group is not None:
            test = compile_pattern(placing.if_group, "osmatch").test
            found = [r for r in self.rules.values() if test(r.group_text, lower(r.group_text))]
            return found, "" if found else f"no rule before this one is of group {placing.if_group!r}"
        return [self.roots[placing.category]], ""


def _root(category: str) -> Rule:
    return Rule(id=0, level=0, description=f"Any {category} event.", path="", line=0, noalert=True)


def _insert(children: list[Rule], rule: Rule) -> None:
    for index, other in enumerate(children):
        if other.order > rule.order:
            children.insert(index, rule)
            return
    children.append(rule)


def _overwrite(known: Rule, rule: Rule) -> str:
    """Give a rule the attributes and conditions of another; place, children and parents stay.

    Which events a correlation counts (`if_matched_*`) stays as well, as upstream.
    """
    if known.composite is not None and rule.composite is not None:
        rule.composite.matched_sids = known.composite.matched_sids
        rule.composite.matched_group = known.composite.matched_group
    for name in _REPLACED:
        setattr(known, name, getattr(rule, name))
    return ""


_REPLACED = (
    *("level", "description", "path", "line", "group_text", "groups", "mitre", "decoded_as", "tests"),
    *("literals", "equals", "noalert", "last", "composite", "first_time_only", "check_diff", "ignore"),
    *("remember", "unless_remembered", "divided_groups"),
)
